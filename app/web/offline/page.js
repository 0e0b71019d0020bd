// The page: a bundle and a record are given to it, by a file or by a paste, in any order.

const $ = (id) => document.getElementById(id);
const state = { bundle: null, record: null, file: new Uint8Array() };

async function takeBundle(bytes) {
  state.bundle = null;
  try {
    const opened = await openBundle(bytes, recall);
    if (opened.pinned) useBundle(opened, remember(opened));
    else askAboutPublisher(opened);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    refuseBundle(error);
  }
  listPublishers();
  await answer();
}

function refuseBundle(error) {
  const kind = error instanceof NotKnown ? "unknown" : "fail";
  const box = verdict(kind, words("bundle-refused"), words(error.code, error.values));
  box.dataset.code = error.code;
  $("bundle-said").replaceChildren(box);
}

// Whoever can choose the bundle chooses who is believed: a person compares the key, once.
function askAboutPublisher(opened) {
  const trust = element("button", words("trust-publisher"), { class: "button", type: "button" });
  trust.addEventListener("click", async () => {
    useBundle(opened, remember(opened));
    listPublishers();
    $("bundle-said").focus();
    await answer();
  });
  const box = verdict("unknown", words("new-publisher"), words("compare-key"));
  box.append(bundleFacts(opened), trust);
  $("bundle-said").replaceChildren(box);
}

function useBundle(opened, kept) {
  state.bundle = opened;
  const box = verdict("pass", words("bundle-good"), words(kept ? "bundle-kept" : "bundle-not-kept"));
  box.append(bundleFacts(opened));
  $("bundle-said").replaceChildren(box);
}

function bundleFacts(opened) {
  return facts([
    [words("publisher"), element("div", [bdi(opened.name), element("br"), code(opened.publisher)])],
    [words("publisher-key"), keyText(opened.key.multibase)],
    [words("bundle-version"), element("span", [code(String(opened.version)), ` · ${moment(opened.issuedAt)}`])],
    [words("bundle-holds"), words("bundle-counts", {
      issuers: count(opened.issuers.size),
      lists: count(opened.lists.size),
    })],
  ], "facts");
}

function listPublishers() {
  const known = Object.entries(recallAll());
  $("known").hidden = !known.length;
  $("publishers").replaceChildren(...known.map(([publisher, { version }]) => {
    const button = element("button", words("forget"), { class: "button plain", type: "button" });
    button.setAttribute("aria-label", words("forget-publisher", { publisher }));
    button.addEventListener("click", () => {
      forget(publisher);
      listPublishers();
    });
    return element("li", [code(publisher), words("at-version", { version }), button]);
  }));
}

async function takeRecord(bytes) {
  state.record = trimBytes(bytes).length ? bytes : null;
  await answer();
}

// The box is emptied for a file: "Verify" asks about what was given last.
async function takeRecordFile(bytes) {
  state.file = bytes;
  $("record-text").value = "";
  await takeRecord(bytes);
}

let asked = 0;

async function answer() {
  const mine = (asked += 1); // the newest question's answer is the one that stays
  const { bundle, record } = state;
  const place = $("answer");
  if (!record || !bundle) {
    place.replaceChildren(...(record ? [element("p", words("bundle-first"), { class: "notice" })] : []));
    return;
  }
  const report = await verifyRecord(record, bundle, Date.now());
  if (mine !== asked) return;
  place.replaceChildren(...reportSection(report, bundle));
  place.focus();
}

const bytesOfFile = async (file) => new Uint8Array(await file.arrayBuffer());

// A bundle is told from a record by its beginning, so both may be dropped anywhere, together too.
async function takeDropped(file) {
  const bytes = await bytesOfFile(file);
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 4096));
  const isBundle = /^\s*\{\s*"(?:payload|signatures)"/.test(start) || /"opencpd-trust-bundle"/.test(start);
  await (isBundle ? takeBundle(bytes) : takeRecordFile(bytes));
}

function listen() {
  const over = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    document.querySelectorAll(".drop").forEach((zone) => zone.classList.add("over"));
  };
  const leave = () => document.querySelectorAll(".drop").forEach((zone) => zone.classList.remove("over"));
  addEventListener("dragover", over);
  addEventListener("dragleave", (event) => event.relatedTarget ?? leave());
  addEventListener("drop", async (event) => {
    leave();
    const files = [...event.dataTransfer.files];
    if (files.length) event.preventDefault();
    for (const file of files) await takeDropped(file);
  });
  const chosen = (id, take) => {
    $(id).addEventListener("change", async ({ target: { files } }) => {
      if (files.length) await take(await bytesOfFile(files[0]));
    });
    $(id).addEventListener("click", ({ target }) => {
      target.value = ""; // so that the same file, mended, can be chosen again
    });
  };
  chosen("bundle-file", takeBundle);
  chosen("record-file", takeRecordFile);
  $("record-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const pasted = utf8Encode($("record-text").value);
    takeRecord(trimBytes(pasted).length ? pasted : state.file);
  });
}

if (globalThis.isSecureContext && globalThis.DecompressionStream) {
  listen();
  listPublishers();
  $("tools").hidden = false;
} else {
  $("too-old").hidden = false;
}

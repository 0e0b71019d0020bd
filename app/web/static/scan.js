// The verify page's reader of printed codes. Nothing here is needed: a phone's own camera opens the
// address in a code, and that address carries the record behind its "#", which no request sends.
"use strict";

// A code was opened: give the record to the form, take it out of the address, and verify.
(() => {
  const form = document.querySelector("form.verify");
  const box = document.getElementById("record");
  if (!form) return;
  const take = () => {
    if (!/^#[0-9]{20,}$/.test(location.hash)) return;
    box.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    form.requestSubmit();
  };
  addEventListener("hashchange", take);
  take();
})();

// Scan with the camera, in browsers that can find codes in pictures (BarcodeDetector).
(() => {
  const part = document.getElementById("scan");
  if (!part || !("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
  const [begin, end] = part.querySelectorAll("button");
  const view = part.querySelector("video");
  const said = part.querySelector("[role=status]");
  let stream = null;

  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = view.srcObject = null;
    view.hidden = end.hidden = true;
    begin.hidden = false;
  };

  const look = async (detector) => {
    while (stream) {
      let found = [];
      try {
        found = await detector.detect(view);
      } catch {
        // a frame that is not there yet
      }
      const code = found.map((each) => each.rawValue).find((text) => /[0-9]{20,}$/.test(text));
      if (code && stream) {
        stop();
        document.getElementById("record").value = code;
        document.querySelector("form.verify").requestSubmit();
        return;
      }
      await new Promise((next) => setTimeout(next, 150));
    }
  };

  begin.addEventListener("click", async () => {
    said.textContent = "";
    try {
      const video = { facingMode: "environment", width: { ideal: 1920 } };
      stream = await navigator.mediaDevices.getUserMedia({ video });
      view.srcObject = stream;
      begin.hidden = true;
      view.hidden = end.hidden = false;
      await view.play();
      end.focus();
      look(new BarcodeDetector({ formats: ["qr_code"] }));
    } catch {
      stop();
      said.textContent = part.dataset.noCamera;
    }
  });
  end.addEventListener("click", () => {
    stop();
    begin.focus();
  });
  addEventListener("pagehide", stop);

  BarcodeDetector.getSupportedFormats().then((formats) => {
    part.hidden = !formats.includes("qr_code");
  });
})();

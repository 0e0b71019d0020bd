// What this device remembers of publishers: the keys their last bundle gave them, and its version.
// So an older bundle, or one by another key, is told from the next one. Nothing else is kept.

const MEMORY = "opencpd-publishers";

function recallAll() {
  try {
    const kept = JSON.parse(localStorage.getItem(MEMORY) ?? "{}");
    return isObject(kept) ? kept : {};
  } catch {
    return {}; // storage that is switched off or damaged: every publisher is a new one
  }
}

function recall(publisher) {
  const kept = recallAll();
  if (!Object.hasOwn(kept, publisher)) return null;
  const { version, keys } = kept[publisher];
  return { version, keys: objects({ keys }, "keys").map((key) => readKey(text(key, "id"), text(key, "multibase"))) };
}

// Whether it could be remembered.
function remember(bundle) {
  const { keys } = bundle.issuers.get(bundle.publisher);
  const fit = keys.filter((entry) => entry.retiredAt === null && entry.compromisedSince === null);
  const kept = fit.map(({ key: { id, multibase } }) => ({ id, multibase }));
  return keep({ ...recallAll(), [bundle.publisher]: { version: bundle.version, keys: kept } });
}

function forget(publisher) {
  const { [publisher]: _, ...others } = recallAll();
  return keep(others);
}

function keep(publishers) {
  try {
    localStorage.setItem(MEMORY, JSON.stringify(publishers));
    return true;
  } catch {
    return false;
  }
}

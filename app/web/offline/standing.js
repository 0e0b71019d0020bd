// Has the issuer withdrawn or suspended the record? As app.verification.status asks of a completion
// record: in the list that it names, and at the same index in the lists beside that one.

async function checkRevocation(asked) {
  const { opened, set } = await lookUp("revocation", "", asked);
  if (set) throw new Refused((await isSuperseded(asked)) ? "status-superseded" : "status-set");
  return { said: "not-withdrawn", evidence: [listEvidence(opened)] };
}

async function checkSuspension(asked) {
  const named = asked.document.credentialStatus.statusListCredential;
  if (!asked.bundle.lists.has(`${named}/suspension`)) return { said: "suspensions-unpublished" };
  const { opened, set } = await lookUp("suspension", "/suspension", asked);
  if (set) throw new Refused("status-suspended");
  return { said: "not-suspended", evidence: [listEvidence(opened)] };
}

async function isSuperseded(asked) {
  try {
    return (await lookUp("refresh", "/refresh", asked)).set;
  } catch (error) {
    if (error instanceof Refused) return false; // it is withdrawn either way
    throw error;
  }
}

async function lookUp(purpose, beside, { document, issuer, bundle, at }) {
  const { statusListCredential: url, statusListIndex: index } = document.credentialStatus;
  const opened = await openList(url + beside, issuer, bundle);
  checkAge(opened, at);
  return { opened, set: readBit(opened, Number(index), purpose) };
}

const listEvidence = ({ held }) => ({ list: held.url, fetched_at: isoTime(held.fetchedAt) });

// From a verified credential to what may be shown: only members that the profile knows, and the
// issuer's name is the bundle's. Called after the signature is verified, never before.

function completionFacts(document) {
  const subject = document.credentialSubject;
  const { achievement } = subject;
  const described = new Map(objects(achievement, "resultDescription").map((entry) => [entry.id, entry]));
  return {
    id: document.id,
    title: document.name,
    description: achievement.description,
    language: achievement.inLanguage ?? "",
    holder: subject.id,
    awarded: optionalTime(document, "awardedDate"),
    start: optionalTime(subject, "activityStartDate"),
    end: optionalTime(subject, "activityEndDate"),
    role: subject.role ?? null,
    results: objects(subject, "result").map((entry) => {
      const { resultType: kind, name } = described.get(entry.resultDescription);
      return { kind, name, value: entry.value ?? entry.status ?? "" };
    }),
    alignments: objects(achievement, "alignment").map((entry) => ({
      name: entry.targetName,
      code: entry.targetCode ?? "",
    })),
  };
}

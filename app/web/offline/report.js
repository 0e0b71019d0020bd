// The answer to a record: the verdict, the verified facts, and every check with what it rests on.

function reportSection(report, bundle) {
  const failed = report.checks.find(({ outcome }) => outcome === "fail");
  const undecided = report.checks.find(({ outcome }) => outcome === "unknown");
  const why = failed ? WORDS[`reason:${failed.code}`] : null;
  const not = failed ?? undecided;
  const box = verdict(report.outcome, words(`verdict-${report.outcome}`), why ?? words(`lead-${report.outcome}`));
  if (not) box.append(element("p", words(not.said, not.values), { class: "small" }));
  return [
    box,
    ...(report.record ? [recordSection(report)] : []),
    checksSection(report.checks),
    element("p", [
      words("checked", { when: moment(report.at), version: bundle.version, publisher: bundle.name }),
      element("br"),
      `${words("digest")} `,
      code(report.digest),
    ], { class: "small quiet" }),
  ];
}

function recordSection({ record, outcome }) {
  const section = element("section", [
    element("h2", record.title, { dir: "auto", lang: record.language }),
    ...(outcome === "fail" ? [element("p", words("do-not-rely"), { class: "fail section" })] : []),
    ...(record.description
      ? [element("p", record.description, { class: "prose quiet", dir: "auto", lang: record.language })]
      : []),
  ]);
  const times = [record.start, record.end].filter((time) => time !== null);
  const days = [...new Set(times.map(day))].join(" – ");
  section.append(
    facts([
      [words("issued-by"), element("div", [bdi(record.issuerName), element("br"), code(record.issuerId)])],
      [words("holder"), record.holder && code(record.holder)],
      [words("awarded"), record.awarded === null ? null : day(record.awarded)],
      [words("took-place"), days],
      [words("took-part-as"), record.role && bdi(record.role)],
      ...record.results.map(resultFact),
      [words("aligned-to"), record.alignments.length ? record.alignments.map(alignment) : null],
      [words("record"), record.id && code(record.id)],
    ]),
  );
  return section;
}

const alignment = (each) => bdi(each.code ? `${each.name} (${each.code})` : each.name);

function checksSection(checks) {
  const list = element("ol", checks.map(checkItem), { class: "checks" });
  return element("section", [element("h2", words("what-was-checked")), list]);
}

function checkItem({ number, code: name, outcome, said, values, evidence }) {
  const item = piece(`check-${outcome}`);
  item.dataset.code = name;
  item.dataset.outcome = outcome;
  item.querySelector(".what").append(`${count(number)}. ${words(`check:${name}`)}`);
  const pairs = evidence.flatMap((entry) => Object.entries(entry));
  const shown = pairs.flatMap(([label, value]) => [
    element("dt", words(`evidence:${label}`)),
    element("dd", code(value)),
  ]);
  const why = element("div", [element("p", words(said, values))], { class: "why" });
  if (shown.length) why.append(element("dl", shown));
  item.append(why);
  return item;
}

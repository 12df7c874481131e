const SEVERITIES = ["error", "warning", "note"];
const SHOWN = { known: "known", suppressed: "excepted" };

/** How often each rule was broken, the most serious first; a click chooses the rule. */
function ruleCounts(findings, choose) {
  const counts = new Map();
  for (const { rule, tone, suppressed, severity } of findings) {
    if (suppressed) continue;
    const found = counts.get(rule) ?? { rule, tone, severity, count: 0 };
    counts.set(rule, { ...found, count: found.count + 1 });
  }
  return [...counts.values()]
    .sort((one, other) => one.severity - other.severity || other.count - one.count)
    .map(({ rule, tone, count }) => {
      const { id, name } = data.rules[rule];
      const button = make("button", { type: "button", className: `count ${tone}`, title: `Only ${id}` });
      button.append(make("b", { textContent: number(count) }), ` ${id} ${name}`);
      button.addEventListener("click", () => choose(rule));
      return make("li", {}, button);
    });
}

/** Findings come as lists; here they get names. */
function readFindings() {
  const fields = ["rule", "severity", "solution", "path", "line", "column", "message", "advice", "related", "excerpt", "fixable", "suppressed", "boxes"];
  return data.findings.map((values) => {
    const finding = Object.fromEntries(fields.map((name, index) => [name, values[index]]));
    finding.tone = SEVERITIES[finding.severity];
    finding.shown = !finding.suppressed ? finding.tone : finding.suppressed[0] === "baseline" ? "known" : "suppressed";
    const rule = data.rules[finding.rule];
    finding.advice = data.advice[finding.advice];
    finding.text = [rule.id, rule.name, data.solutions[finding.solution], finding.path, finding.message, ...finding.advice, ...finding.related.flat()]
      .join("\n")
      .toLowerCase();
    return finding;
  });
}

function startFindings() {
  const findings = readFindings();
  const search = byId("finding-search");
  const rule = byId("finding-rule");
  const solution = byId("finding-solution");
  const expand = byId("finding-expand");
  const pager = new Pager([byId("finding-pager")], [25, 50, 100], draw);
  const count = (kind) => findings.filter((finding) => finding.shown === kind).length;
  const grave = count("error") + count("warning");
  let about = null;
  const kinds = [
    ["error", "Errors", true],
    ["warning", "Warnings", true],
    ["note", "Notes", !grave],
    ["known", "Known: in the baseline", false],
    ["suppressed", "Excepted", false],
  ].filter(([kind]) => count(kind));
  const fixable = findings.filter((finding) => finding.fixable && !finding.suppressed).length;

  const chips = new Map(kinds.map(([kind, label, down]) => [kind, toggle(label, count(kind), down, kind, restart)]));
  const mendable = toggle("Mended by fix", fixable, false, "mendable", restart);
  byId("finding-severities").replaceChildren(...chips.values(), ...(fixable ? [mendable] : []));
  fillSelect(rule, "All rules", data.rules.map((each) => `${each.id} ${each.name}`));
  fillSelect(solution, "All solutions", data.solutions);
  const state = new Address("findings", { q: search, rule, solution }, [...chips, ["mendable", mendable]]);
  byId("rule-counts").replaceChildren(...ruleCounts(findings, (chosen) => ((rule.value = String(chosen)), restart())));

  function restart() {
    pager.page = 0;
    draw();
  }

  function chosen() {
    const fits = matcher(search.value);
    return findings.filter(
      (finding) =>
        isDown(chips.get(finding.shown)) &&
        (rule.value === "" || finding.rule === Number(rule.value)) &&
        (solution.value === "" || finding.solution === Number(solution.value)) &&
        (!about || finding.boxes.includes(about.key)) &&
        (!isDown(mendable) || (finding.fixable && !finding.suppressed)) &&
        fits(finding.text),
    );
  }

  function draw() {
    const found = chosen();
    state.write();
    const list = byId("finding-list");
    list.replaceChildren();
    let group = null;
    for (const finding of pager.slice(found)) {
      if (finding.solution !== group) {
        group = finding.solution;
        list.append(make("h3", { textContent: data.solutions[group] }));
      }
      list.append(findingCard(finding, isDown(expand)));
    }
    byId("finding-count").textContent = `${number(found.length)} of ${plural(findings.length, "finding")}`;
    if (!found.length) {
      const text = findings.length ? "Nothing matches these filters." : "No findings.";
      list.append(make("p", { className: "empty", textContent: text }));
    }
    byId("finding-about").replaceChildren(...(about ? [onlyChip(about.name, () => showAbout(null))] : []));
    pager.draw();
  }

  /** Show the findings about one box of the map, or, with null, all again. */
  function showAbout(box) {
    about = box;
    if (box) {
      search.value = rule.value = solution.value = "";
      chips.forEach((chip) => chip.setAttribute("aria-pressed", "true"));
      mendable.setAttribute("aria-pressed", "false");
    }
    restart();
  }
  links.findings = showAbout;
  links.about = (key) => findings.filter((finding) => finding.boxes.includes(key)).length;

  expand.addEventListener("click", () => {
    expand.setAttribute("aria-pressed", String(!isDown(expand)));
    draw();
  });
  search.addEventListener("input", whenQuiet(restart));
  rule.addEventListener("change", restart);
  solution.addEventListener("change", restart);
  search.form.addEventListener("submit", (event) => event.preventDefault());
  byId("finding-clear").addEventListener("click", () => {
    search.value = rule.value = solution.value = "";
    about = null;
    mendable.setAttribute("aria-pressed", "false");
    kinds.forEach(([kind, , down]) => chips.get(kind).setAttribute("aria-pressed", String(down)));
    restart();
    search.focus();
  });
  draw();
}

function findingCard(finding, open) {
  const rule = data.rules[finding.rule];
  const head = make("p", { className: "head" });
  head.append(
    make("span", { className: `severity ${finding.shown === "suppressed" ? "suppressed" : finding.tone}`, textContent: SHOWN[finding.shown] ?? finding.tone }),
    make("a", { href: rule.url, textContent: rule.id }),
    make("span", { textContent: rule.name }),
  );
  if (finding.fixable) head.append(" ", make("span", { className: "badge", textContent: "mended by fix" }));
  if (finding.boxes.length && data.map) {
    const show = make("button", { type: "button", className: "plain", textContent: "Show on the map" });
    show.addEventListener("click", () => links.toMap(finding.boxes[0]));
    head.append(" ", show);
  }
  const card = make("article", { className: `finding ${finding.shown} ${finding.shown === "suppressed" ? "" : finding.tone}` }, head);
  card.append(make("p", { className: "message", textContent: finding.message }));
  if (finding.path) card.append(make("p", { className: "place" }, place(finding.path, finding.line, finding.column)));
  if (finding.suppressed) {
    const [by, reason] = finding.suppressed;
    const because = by === "baseline" ? "It was there when the baseline was recorded" : `Allowed by an ${by === "exception" ? by : "exception in a description"}${reason ? `: ${reason}` : ""}`;
    card.append(make("p", { className: "reason", textContent: because }));
  }
  const details = make("details", { open }, make("summary", { textContent: "Where, and how to fix it" }));
  if (finding.excerpt) details.append(excerpt(finding));
  for (const line of finding.advice) details.append(make("p", { textContent: line }));
  if (finding.related.length) {
    details.append(make("p", { className: "also", textContent: "See also" }));
    const items = finding.related.map(([path, line, message]) =>
      make("li", {}, place(path, line), message ? ` ${message}` : ""),
    );
    details.append(make("ul", {}, ...items));
  }
  if (details.children.length > 1) card.append(details);
  return card;
}

function place(path, line, column) {
  return make("code", { textContent: [path, line, column].filter(Boolean).join(":") });
}

function excerpt(finding) {
  const [before, marked, after] = finding.excerpt;
  const gutter = make("span", { className: "gutter", "aria-hidden": "true", textContent: `${finding.line} ` });
  return make("pre", { tabIndex: 0 }, gutter, before, make("mark", { textContent: marked }), after);
}

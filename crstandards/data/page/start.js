/** Tabs, of which only those with something to show are there. */
function start() {
  const views = ["findings", "map"].filter((name) => data[name]);
  const tabs = views.map((name) => byId(`tab-${name}`));
  const begin = { findings: startFindings, map: startMap };
  const begun = {};

  function show(name, focus) {
    for (const each of views) {
      const tab = byId(`tab-${each}`);
      const chosen = each === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      byId(`${each}-view`).hidden = !chosen;
      if (chosen && focus) tab.focus();
    }
    begun[name] ??= begin[name]() ?? (() => {});
    begun[name]();
  }

  links.toMap = (key) => (show("map", true), links.map(key));
  links.toFindings = (box) => (show("findings", true), links.findings(box));
  // What the map says of findings needs them read.
  if (views.length > 1) begun.findings = begin.findings() ?? (() => {});

  ["findings", "map"].forEach((name) => (byId(`tab-${name}`).hidden = !views.includes(name)));
  byId("tabs").hidden = views.length < 2;
  if (views.length > 1) {
    views.forEach((name) => {
      byId(`${name}-view`).setAttribute("role", "tabpanel");
      byId(`${name}-view`).setAttribute("aria-labelledby", `tab-${name}`);
    });
  }
  tabs.forEach((tab, nth) => {
    tab.addEventListener("click", () => {
      history.replaceState(null, "", `#${views[nth]}`);
      show(views[nth]);
    });
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) show(views[(nth + step + views.length) % views.length], true);
    });
  });
  const asked = location.hash.slice(1).split("?")[0];
  show(views.includes(asked) ? asked : views[0]);
}

start();

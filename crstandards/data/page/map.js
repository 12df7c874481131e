const KINDS = ["flow", "canvas app", "code app", "agent"];
const COLUMNS = ["user", "reference", "connector", "environment"];
const HEADINGS = ["Flow, app or agent", "Connection reference", "Connector", "Environment"];
const NO_REFERENCE = ["raw", "lost", "own"];

/** The lines of the map, with names and with what is wrong; a line without a user is an idle reference. */
function readLines() {
  const map = data.map;
  return map.lines.map((values, index) => {
    const [user, alias, reference, connector, environments, marks, unbound] = values;
    const [kind, name, path, solution] = map.users[user];
    const line = {
      index,
      user,
      idle: kind < 0,
      kind: kind < 0 ? "" : KINDS[kind],
      name,
      path,
      solution,
      alias,
      connector,
      environments,
      unbound,
      marks: marks.map((mark) => map.marks[mark]),
    };
    line.allowed = line.marks.some((mark) => mark.id === "allowed");
    line.weight = line.allowed ? 0 : Math.max(0, ...line.marks.map((mark) => mark.weight));
    line.reference = reference < 0 ? "" : map.references[reference];
    line.referenceKey = reference < 0 ? `${missing(line)} ${connector}` : `reference ${reference}`;
    line.text = [
      line.kind,
      name,
      path,
      map.solutions[solution],
      alias,
      line.reference,
      map.connectors[connector],
      ...environments.map((environment) => map.environments[environment]),
      ...line.marks.map((mark) => mark.label),
    ]
      .join("\n")
      .toLowerCase();
    return line;
  });
}

/** What stands in a reference's place. */
function missing(line) {
  return line.marks.find((mark) => NO_REFERENCE.includes(mark.id))?.id ?? "raw";
}

function referenceName(line) {
  return line.reference || { raw: "raw connection", lost: "lost connection", own: "the user's own" }[missing(line)];
}

/** The marks of a line that are shown as badges: nothing that the name says already. */
function badges(line) {
  return line.marks
    .filter((mark) => line.reference || !NO_REFERENCE.includes(mark.id))
    .map((mark) => ({
      kind: line.allowed ? "mild" : ["mild", "mild", "warning", "error"][mark.weight],
      text:
        mark.id === "unbound" && line.unbound.length
          ? `unbound in ${line.unbound.map((each) => data.map.environments[each]).join(", ")}`
          : mark.label,
    }));
}

/** What a mark is about: a reference however many use it, or one connection of one user. */
function thingOf(line) {
  return line.reference ? line.referenceKey : `${line.user} ${line.alias} ${line.connector}`;
}

function startMap() {
  const map = data.map;
  const lines = readLines();
  const search = byId("map-search");
  const selects = { solution: byId("map-solution"), connector: byId("map-connector"), environment: byId("map-environment") };
  const order = byId("map-order");
  const pager = new Pager([...document.querySelectorAll("[data-pager=map]")], [25, 50, 100, 200], draw);
  const table = new Table(byId("table"), () => {
    pager.page = 0;
    draw();
  });
  const picture = new Picture(byId("picture"), pinTo, unpin);
  let pin = null;

  fillSelect(selects.solution, "All solutions", map.solutions);
  fillSelect(selects.connector, "All connectors", map.connectors);
  fillSelect(selects.environment, "All environments", map.environments);
  const chips = map.marks
    .map((mark) => [mark, new Set(lines.filter((line) => line.marks.includes(mark)).map(thingOf)).size])
    .filter(([, count]) => count)
    .map(([mark, count]) => {
      const kind = ["mild", "mild", "warning", "error"][mark.weight];
      const chip = toggle(mark.label, count, false, kind, restart);
      chip.title = mark.meaning;
      return [mark, chip];
    });
  byId("map-marks").replaceChildren(...chips.map(([, chip]) => chip));
  if (!lines.some((line) => line.weight)) order.value = "names";
  const state = new Address("map", { q: search, ...selects }, chips.map(([mark, chip]) => [mark.id, chip]));
  links.map = (key) => {
    search.value = "";
    Object.values(selects).forEach((select) => (select.value = ""));
    chips.forEach(([, chip]) => chip.setAttribute("aria-pressed", "false"));
    const column = key.split(" ")[0];
    const line = lines.find((each) => keysOf(each)[column].includes(key));
    pin = line && { column, key, name: column === "user" ? line.name : referenceName(line) };
    restart();
  };

  function restart() {
    pager.page = 0;
    draw();
  }

  function pinTo(column, key, name) {
    pin = pin?.key === key && pin.column === column ? null : { column, key, name };
    restart();
  }

  function unpin() {
    if (!pin) return;
    pin = null;
    restart();
  }

  function chosen() {
    const fits = matcher(search.value);
    const wanted = chips.filter(([, chip]) => isDown(chip)).map(([mark]) => mark);
    const value = (select) => (select.value === "" ? null : Number(select.value));
    const [solution, connector, environment] = Object.values(selects).map(value);
    return lines.filter(
      (line) =>
        (solution === null || line.solution === solution) &&
        (connector === null || line.connector === connector) &&
        (environment === null || line.environments.includes(environment)) &&
        (!wanted.length || wanted.some((mark) => line.marks.includes(mark))) &&
        (!pin || keysOf(line)[pin.column].includes(pin.key)) &&
        fits(line.text),
    );
  }

  function draw() {
    const found = chosen();
    const units = pager.slice(unitsOf(found, order.value, table.sorting));
    const page = units.flat();
    picture.draw(page);
    table.draw(page);
    const users = new Set(found.filter((line) => !line.idle).map((line) => line.user)).size;
    const idle = found.filter((line) => line.idle).length;
    byId("map-count").textContent = found.length
      ? [countUsers(users), plural(found.length - idle, "connection"), ...(idle ? [`${plural(idle, "reference")} without a user`] : [])].join(", ")
      : lines.length
        ? "Nothing matches these filters."
        : "Nothing here uses a connection.";
    const shown = byId("map-pin");
    shown.replaceChildren();
    if (pin) {
      shown.append(onlyChip(pin.name, () => (unpin(), search.focus())));
      const told = links.about?.(pin.key);
      if (told) {
        const show = make("button", { type: "button", className: "plain", textContent: plural(told, "finding") });
        show.addEventListener("click", () => links.toFindings({ key: pin.key, name: pin.name }));
        shown.append(" ", show);
      }
    }
    state.write();
    pager.draw();
  }

  search.addEventListener("input", whenQuiet(restart));
  search.form.addEventListener("submit", (event) => event.preventDefault());
  Object.values(selects).forEach((select) => select.addEventListener("change", restart));
  order.addEventListener("change", () => {
    table.sorting = null;
    restart();
  });
  byId("map-clear").addEventListener("click", () => {
    search.value = "";
    Object.values(selects).forEach((select) => (select.value = ""));
    chips.forEach(([, chip]) => chip.setAttribute("aria-pressed", "false"));
    pin = table.sorting = null;
    restart();
    search.focus();
  });
  draw();
  return () => picture.place();
}

/** The boxes that a line runs through: keys by column. */
function keysOf(line) {
  return {
    user: line.idle ? [] : [`user ${line.user}`],
    reference: [line.referenceKey],
    connector: [`connector ${line.connector}`],
    // One box for those that go together: a line to each would hide what differs.
    environment: line.environments.length ? [`environment ${line.environments.join(" ")}`] : [],
  };
}

/** Lines by their user, in order: what one page counts. Idle references count one by one. */
function unitsOf(lines, order, sorting) {
  const units = new Map();
  for (const line of lines) {
    const key = line.idle ? `line ${line.index}` : line.user;
    if (!units.has(key)) units.set(key, []);
    units.get(key).push(line);
  }
  const list = [...units.values()];
  if (sorting) {
    const { cell, down } = sorting;
    const value = (unit) => cell(unit[0]).toLowerCase();
    return list.sort((one, other) => (down ? -1 : 1) * value(one).localeCompare(value(other), "en"));
  }
  if (order === "names") return list;
  const weight = (unit) => Math.max(...unit.map((line) => line.weight));
  const bySolution = new Map();
  for (const unit of list) {
    const solution = unit[0].solution;
    bySolution.set(solution, Math.max(bySolution.get(solution) ?? 0, weight(unit)));
  }
  return list.sort(
    (one, other) =>
      bySolution.get(other[0].solution) - bySolution.get(one[0].solution) ||
      one[0].solution - other[0].solution ||
      weight(other) - weight(one),
  );
}

const CELLS = [
  ["Kind", (line) => line.kind || "no user"],
  ["Name", (line) => line.name],
  ["Solution", (line) => data.map.solutions[line.solution]],
  ["Alias", (line) => line.alias],
  ["Reference", (line) => referenceName(line)],
  ["Connector", (line) => data.map.connectors[line.connector]],
  ["Environments", (line) => line.environments.map((each) => data.map.environments[each]).join(", ")],
  ["Remarks", (line) => badges(line).map((badge) => badge.text).join(", ")],
];

/** The lines of a page as a table, whose headings sort. Narrow screens show each row as a card. */
class Table {
  constructor(table, onSort) {
    this.table = table;
    this.sorting = null;
    this.cells = CELLS.filter(([name]) => name !== "Environments" || data.map.environments.length);
    table.setAttribute("role", "table");
    table.tHead.setAttribute("role", "rowgroup");
    table.tBodies[0].setAttribute("role", "rowgroup");
    const row = make("tr", { role: "row" });
    this.headings = this.cells.map(([name, cell]) => {
      const button = make("button", { type: "button", textContent: name });
      button.addEventListener("click", () => {
        this.sorting = { cell, down: this.sorting?.cell === cell && !this.sorting.down };
        onSort();
      });
      const heading = make("th", { scope: "col", role: "columnheader" }, button);
      row.append(heading);
      return [heading, cell];
    });
    table.tHead.append(row);
  }

  draw(lines) {
    for (const [heading, cell] of this.headings) {
      if (this.sorting?.cell === cell) heading.setAttribute("aria-sort", this.sorting.down ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    }
    this.table.tBodies[0].replaceChildren(...lines.map((line) => this.row(line)));
  }

  row(line) {
    const row = make("tr", { role: "row" });
    for (const [name, cell] of this.cells) {
      const text = cell(line);
      const shown = make("span");
      if (name === "Remarks") badges(line).forEach((badge) => shown.append(badgeOf(badge), " "));
      else if (name === "Reference" && !line.reference) shown.append(badgeOf({ kind: tone(line), text }));
      else shown.textContent = text;
      const data = make("td", { role: "cell" }, ...(text ? [shown] : []));
      data.dataset.name = name;
      row.append(data);
    }
    return row;
  }
}

const tone = (line) => (line.allowed ? "mild" : ["mild", "mild", "warning", "error"][line.weight]);

function badgeOf({ kind, text }) {
  return make("span", { className: `badge ${kind}`, textContent: text });
}

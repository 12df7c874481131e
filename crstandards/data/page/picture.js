const SVG = "http://www.w3.org/2000/svg";
const BOX = 34;
const GAP = 6;
const HEADING = 30;
const NARROWEST = 860;

/** Boxes in columns, and the lines between them: buttons over an SVG that only decorates. */
class Picture {
  constructor(element, onPin, onEscape) {
    this.element = element;
    this.onPin = onPin;
    this.boxes = new Map();
    element.addEventListener("keydown", (event) => this.key(event, onEscape));
    element.addEventListener("pointerover", (event) => this.follow(event.target.closest("button.box")));
    element.addEventListener("pointerleave", () => this.follow(document.activeElement?.closest("#picture button.box")));
    element.addEventListener("focusin", (event) => this.follow(event.target.closest("button.box")));
    element.addEventListener("focusout", () => this.follow(null));
    const widen = () => this.width === element.parentElement.clientWidth || this.place();
    new ResizeObserver(whenQuiet(widen)).observe(element.parentElement);
  }

  /** Make the boxes of a page's lines and put them in place. */
  draw(lines) {
    const focused = document.activeElement?.closest("#picture button.box")?.dataset.key;
    this.lines = lines;
    this.boxes = new Map(COLUMNS.map((column) => [column, new Map()]));
    for (const line of lines) {
      const keys = keysOf(line);
      for (const column of COLUMNS) {
        keys[column].forEach((key, nth) => {
          const boxes = this.boxes.get(column);
          if (!boxes.has(key)) boxes.set(key, { key, column, lines: [], nth });
          boxes.get(key).lines.push(line);
        });
      }
    }
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("aria-hidden", "true");
    this.svg.setAttribute("focusable", "false");
    const parts = [this.svg];
    COLUMNS.forEach((column, nth) => {
      const boxes = this.boxes.get(column);
      if (column === "environment" && !data.map.environments.length) return;
      const title = make("p", { className: "column-title", textContent: HEADINGS[nth] });
      title.dataset.column = column;
      const list = make("ul", { "aria-label": HEADINGS[nth] });
      for (const box of boxes.values()) {
        describe(box);
        box.button = this.button(box);
        list.append(make("li", {}, box.button));
      }
      parts.push(title, list);
    });
    this.element.replaceChildren(...parts);
    this.all = [...this.boxes.values()].flatMap((boxes) => [...boxes.values()]);
    this.place();
    const kept = this.all.find((box) => box.key === focused);
    this.only(kept ?? this.all[0]);
    kept?.button.focus();
  }

  button(box) {
    const button = make("button", { type: "button", className: `box ${box.column} ${box.tone}`, tabIndex: -1 });
    button.dataset.key = box.key;
    const told = [box.name, ...box.badges.map((badge) => badge.text), box.detail];
    button.title = told.join("\n");
    // As it is seen first, so that it can be called by voice.
    const [seen, ...more] = box.badges.map((badge) => badge.text);
    button.setAttribute("aria-label", [seen ? `${box.name} ${seen}` : box.name, ...more, box.detail].join(", "));
    button.append(nameOf(box.name), ...box.badges.slice(0, 1).flatMap((badge) => [" ", badgeOf(badge)]));
    button.addEventListener("click", () => this.onPin(box.column, box.key, box.name));
    return button;
  }

  /** Work out where everything stands, from the width there is. */
  place() {
    if (!this.lines || !this.element.offsetParent) return;
    const focused = document.activeElement;
    this.width = this.element.parentElement.clientWidth;
    const width = Math.max(this.width, NARROWEST);
    const shares = data.map.environments.length ? [0.26, 0.26, 0.19, 0.11] : [0.32, 0.3, 0.22, 0];
    const space = data.map.environments.length ? 0.18 / 3 : 0.16 / 2;
    let left = 0;
    let height = 0;
    let before = null;
    COLUMNS.forEach((column, nth) => {
      const boxes = [...this.boxes.get(column).values()];
      const own = shares[nth] * width;
      if (column === "user") this.stack(boxes);
      else this.align(boxes, before);
      boxes.forEach((box) => {
        box.left = left;
        box.width = own;
        Object.assign(box.button.style, { left: `${left}px`, top: `${box.top}px`, width: `${own}px` });
        height = Math.max(height, box.top + BOX);
      });
      const title = this.element.querySelector(`.column-title[data-column=${column}]`);
      if (title) Object.assign(title.style, { left: `${left}px`, width: `${own}px` });
      left += own + space * width;
      before = column;
    });
    this.element.querySelectorAll(".group").forEach((group) => group.remove());
    this.groups?.forEach(([name, top]) => {
      const group = make("p", { className: "group", textContent: name, "aria-hidden": "true" });
      Object.assign(group.style, { top: `${top}px`, width: `${shares[0] * width}px` });
      this.element.append(group);
    });
    Object.assign(this.element.style, { width: `${width}px`, height: `${height + GAP}px` });
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height + GAP}`);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height + GAP);
    this.connect();
    // A box that is moved within its list loses the focus.
    if (focused !== document.activeElement && this.element.contains(focused)) focused.focus({ preventScroll: true });
  }

  /** Users from top to bottom, with their solution's name where it changes. */
  stack(boxes) {
    let top = HEADING;
    let solution = null;
    this.groups = [];
    for (const box of boxes) {
      const line = box.lines[0];
      if (line.solution !== solution) {
        solution = line.solution;
        top += this.groups.length ? GAP : 0;
        this.groups.push([data.map.solutions[solution], top]);
        top += HEADING - GAP;
      }
      box.top = top;
      top += BOX + GAP;
    }
  }

  /** Boxes as near as can be to what they hang on, without covering each other. */
  align(boxes, before) {
    const left = this.boxes.get(before);
    for (const box of boxes) {
      const tops = box.lines.flatMap((line) => keysOf(line)[before].map((key) => left.get(key).top));
      box.wish = tops.length ? tops.reduce((sum, top) => sum + top, 0) / tops.length : Infinity;
    }
    // References for one connector side by side: duplicates are seen at a glance.
    const wishes = new Map();
    const family = (box) => (box.column === "reference" ? box.lines[0].connector : box.key);
    for (const box of boxes) wishes.set(family(box), [...(wishes.get(family(box)) ?? []), box.wish]);
    for (const [key, all] of wishes) {
      const middle = all.reduce((sum, wish) => sum + wish, 0) / all.length;
      wishes.set(key, middle - ((all.length - 1) * (BOX + GAP)) / 2);
    }
    boxes.forEach((box) => (box.start = wishes.get(family(box))));
    const by = (one, other) => (one < other ? -1 : Number(one > other));
    boxes.sort((one, other) => by(one.start, other.start) || by(family(one), family(other)) || by(one.wish, other.wish));
    const last = Math.max(HEADING, ...[...left.values()].map((box) => box.top));
    let free = 2 * HEADING - GAP;
    for (const box of boxes) {
      box.top = Math.max(free, Number.isFinite(box.start) ? box.start : free);
      free = box.top + BOX + GAP;
    }
    // What was pushed down too far moves up again, into the room that was left above.
    let bottom = Math.max(last, 2 * HEADING - GAP + (boxes.length - 1) * (BOX + GAP));
    for (const box of [...boxes].reverse()) {
      box.top = Math.min(box.top, bottom);
      bottom = box.top - BOX - GAP;
    }
    boxes.forEach((box) => box.button.parentElement.parentElement.append(box.button.parentElement));
  }

  connect() {
    const paths = new Map();
    for (const line of this.lines) {
      const keys = keysOf(line);
      for (let nth = 0; nth + 1 < COLUMNS.length; nth += 1) {
        for (const from of keys[COLUMNS[nth]]) {
          for (const to of keys[COLUMNS[nth + 1]]) {
            const id = `${from}|${to}`;
            if (!paths.has(id)) paths.set(id, { from: this.box(COLUMNS[nth], from), to: this.box(COLUMNS[nth + 1], to), lines: [] });
            paths.get(id).lines.push(line);
          }
        }
      }
    }
    this.paths = [...paths.values()];
    this.svg.replaceChildren(
      ...this.paths.map((path) => {
        const [x1, y1] = [path.from.left + path.from.width, path.from.top + BOX / 2];
        const [x2, y2] = [path.to.left, path.to.top + BOX / 2];
        const bend = (x2 - x1) / 2;
        path.element = document.createElementNS(SVG, "path");
        path.element.setAttribute("d", `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`);
        const grave = path.to.column === "reference" && path.lines.some((line) => !line.reference && line.weight);
        if (grave) path.element.setAttribute("class", "raw");
        return path.element;
      }),
    );
  }

  box(column, key) {
    return this.boxes.get(column).get(key);
  }

  /** Show what hangs together with a box, or everything alike. */
  follow(button) {
    const box = button && this.all.find((each) => each.button === button);
    this.element.classList.toggle("following", Boolean(box));
    if (!box) return;
    const lines = new Set(box.lines);
    const shares = (part) => part.lines.some((line) => lines.has(line));
    this.all.forEach((each) => each.button.classList.toggle("on", shares(each)));
    this.paths.forEach((path) => path.element.classList.toggle("on", shares(path)));
  }

  /** Make one box the one that the Tab key reaches. */
  only(box) {
    this.all.forEach((each) => (each.button.tabIndex = each === box ? 0 : -1));
  }

  key(event, onEscape) {
    const box = this.all.find((each) => each.button === event.target);
    if (!box) return;
    if (event.key === "Escape") return onEscape();
    const next = this.neighbour(box, event.key);
    if (!next) return;
    event.preventDefault();
    this.only(next);
    next.button.focus();
  }

  neighbour(box, key) {
    const column = [...this.boxes.get(box.column).values()].sort((one, other) => one.top - other.top);
    const at = column.indexOf(box);
    if (key === "ArrowDown") return column[at + 1];
    if (key === "ArrowUp") return column[at - 1];
    if (key === "Home") return column[0];
    if (key === "End") return column.at(-1);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    const side = step && this.boxes.get(COLUMNS[COLUMNS.indexOf(box.column) + step]);
    if (!side) return undefined;
    const lines = new Set(box.lines);
    return [...side.values()]
      .filter((each) => each.lines.some((line) => lines.has(line)))
      .sort((one, other) => Math.abs(one.top - box.top) - Math.abs(other.top - box.top))[0];
  }
}

/** A box's name, badges and what a screen reader adds. */
function describe(box) {
  const [line] = box.lines;
  const map = data.map;
  const worst = box.lines.reduce((one, other) => (other.weight > one.weight ? other : one));
  const users = new Set(box.lines.filter((each) => !each.idle).map((each) => each.user)).size;
  const used = users ? `used by ${countUsers(users)}` : "used by nothing here";
  box.badges = [];
  box.tone = "";
  if (box.column === "user") {
    box.name = line.name;
    box.detail = `${line.kind} in ${map.solutions[line.solution]}, ${plural(box.lines.length, "connection")}`;
    const own = box.lines.find((each) => !each.reference && each.weight);
    if (own) {
      box.tone = tone(own);
      box.badges = [{ kind: tone(own), text: own.marks[0].label }];
    } else if (line.kind !== "flow") box.badges = [{ kind: "mild", text: line.kind }];
  } else if (box.column === "reference") {
    box.name = referenceName(line);
    box.detail = `${map.connectors[line.connector]}, ${used}`;
    box.tone = tone(worst);
    box.badges = badges(worst);
  } else if (box.column === "connector") {
    box.name = map.connectors[line.connector];
    box.detail = used;
  } else {
    const names = line.environments.map((each) => map.environments[each]);
    const all = names.length === map.environments.length && names.length > 2;
    box.name = all ? `all ${names.length}` : names.join(", ");
    box.detail = used;
  }
}

const data = JSON.parse(document.getElementById("data").textContent);

const byId = (id) => document.getElementById(id);

/** An element with properties and children. Text is only ever set as text, never read as markup. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const number = (count) => count.toLocaleString("en");
const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;

const countUsers = (count) => (count === 1 ? "1 flow, app or agent" : `${number(count)} flows, apps and agents`);

/** A name in two parts of which only the first may be cut: what tells names apart often stands at their end. */
function nameOf(text) {
  const tail = text.length > 16 ? 10 : 0;
  const name = make("span", { className: "name" }, make("span", { textContent: text.slice(0, text.length - tail) }));
  if (tail) name.append(make("span", { textContent: text.slice(-tail) }));
  return name;
}

/** Fill a select with a first option for everything, then values in the order of their names. */
function fillSelect(select, everything, names) {
  const options = names
    .map((name, index) => [name, index])
    .sort((one, other) => one[0].localeCompare(other[0], "en"))
    .map(([name, index]) => make("option", { value: String(index), textContent: name }));
  select.replaceChildren(make("option", { value: "", textContent: everything }), ...options);
  select.closest("label").hidden = names.length < 2;
}

/** A button that stays down; `pressed` says how it begins. */
function toggle(label, count, pressed, kind, onChange) {
  const button = make("button", { type: "button", className: `chip ${kind}` });
  button.append(make("span", { className: "sign" }), label, make("b", { textContent: number(count) }));
  button.setAttribute("aria-pressed", String(pressed));
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(!isDown(button)));
    onChange();
  });
  return button;
}

const isDown = (button) => button.getAttribute("aria-pressed") === "true";

/** What a view does when the other one asks for it. */
const links = {};

/** A chip that says what alone is shown, and shows everything again. */
function onlyChip(name, remove) {
  const chip = make("button", { type: "button", className: "chip pinned", textContent: `Only ${name} ✕` });
  chip.setAttribute("aria-label", `Only ${name}: show everything again`);
  chip.addEventListener("click", remove);
  return chip;
}

/** The filters of a view in the page's address, so that a link shows what one sees. */
class Address {
  constructor(view, fields, chips) {
    this.view = view;
    this.fields = Object.entries(fields);
    this.chips = [...chips].map(([name, chip]) => [name, chip, isDown(chip)]);
    const [asked, typed] = location.hash.slice(1).split("?");
    if (asked !== view) return;
    const given = new URLSearchParams(typed);
    for (const [name, field] of this.fields) {
      const value = given.get(name);
      const option = field.options && [...field.options].find((each) => each.textContent === value);
      if (value !== null) field.value = field.options ? option?.value ?? field.value : value;
    }
    if (given.has("show")) {
      const down = given.get("show").split(" ");
      this.chips.forEach(([name, chip]) => chip.setAttribute("aria-pressed", String(down.includes(name))));
    }
  }

  write() {
    if (byId(`${this.view}-view`).hidden) return;
    const told = new URLSearchParams();
    for (const [name, field] of this.fields) {
      const first = field.options ? field.options[0].value : "";
      if (field.value !== first) told.set(name, field.options ? field.selectedOptions[0].textContent : field.value);
    }
    if (this.chips.some(([, chip, down]) => isDown(chip) !== down)) {
      told.set("show", this.chips.filter(([, chip]) => isDown(chip)).map(([name]) => name).join(" "));
    }
    const query = String(told);
    if (query || location.hash.includes("?")) history.replaceState(null, "", `#${this.view}${query && `?${query}`}`);
  }
}

/** Call something once typing pauses. */
function whenQuiet(action) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, 80);
  };
}

/** Every word of what was typed stands somewhere in a text. */
function matcher(typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => words.every((word) => text.includes(word));
}

/** Pages over a list: writes its buttons into `places`, and remembers where it stands. */
class Pager {
  constructor(places, sizes, onChange) {
    this.places = places;
    this.sizes = sizes;
    this.size = sizes[0];
    this.page = 0;
    this.onChange = onChange;
  }

  slice(items) {
    this.total = items.length;
    this.page = Math.min(this.page, Math.max(0, Math.ceil(items.length / this.size) - 1));
    return items.slice(this.page * this.size, (this.page + 1) * this.size);
  }

  go(page, place) {
    this.page = page;
    this.onChange();
    const box = this.places[place];
    const button = box.querySelector("button:not(:disabled)");
    (box.querySelector("button.used:not(:disabled)") ?? button)?.focus();
  }

  draw() {
    const last = Math.max(0, Math.ceil(this.total / this.size) - 1);
    this.places.forEach((box, place) => {
      box.hidden = this.total <= this.sizes[0];
      if (box.hidden) return;
      const used = box.querySelector("button.used")?.dataset.step;
      const step = (text, page, name) => {
        const button = make("button", { type: "button", textContent: text, disabled: page < 0 || page > last });
        button.dataset.step = name;
        if (used === name) button.classList.add("used");
        button.addEventListener("click", () => {
          box.querySelectorAll("button").forEach((other) => other.classList.toggle("used", other === button));
          this.go(page, place);
        });
        return button;
      };
      const size = make("select", { "aria-label": "On one page" });
      size.append(...this.sizes.map((each) => make("option", { value: each, textContent: `${each} on a page` })));
      size.value = String(this.size);
      size.addEventListener("change", () => {
        this.page = Math.floor((this.page * this.size) / Number(size.value));
        this.size = Number(size.value);
        this.onChange();
        box.querySelector("select").focus();
      });
      box.replaceChildren(
        step("Previous", this.page - 1, "previous"),
        make("span", { textContent: `Page ${number(this.page + 1)} of ${number(last + 1)}` }),
        step("Next", this.page + 1, "next"),
        size,
      );
    });
  }
}

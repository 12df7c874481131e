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

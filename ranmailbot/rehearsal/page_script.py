"""The script of the page: lists, filters, people, one mail at a time. No library, nothing remote, text only as text.

Mail bodies lie gzip-packed in the page; a group is unpacked when one of its mails is opened.
"""
# ruff: noqa: E501 - a script for browsers, not Python

SCRIPT = r"""
"use strict";
const read = id => JSON.parse(document.getElementById(id).textContent);
const mails = read("mails"), people = read("people"), facts = read("facts");
const [TIME, INCOMING, ADDRESS, PERSON, KIND, FOLDER, SUBJECT, WHAT, FILE] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const at = id => document.getElementById(id);
const page = 200;
let shown = [], limit = page, current = -1, view = "html", day = "";
const chunks = new Map();

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}
const words = text => text.replaceAll("_", " ");
const who = mail => mail[PERSON] === null ? mail[ADDRESS] : people[mail[PERSON]].name;
function longDay(iso) {
  const date = new Date(iso + "T12:00:00Z");
  return date.toLocaleDateString("en-GB", {weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC"});
}

async function bodyOf(number) {
  const group = Math.floor(number / facts.group);
  if (!chunks.has(group)) {
    const packed = Uint8Array.from(atob(at("chunk-" + group).textContent.trim()), letter => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    chunks.set(group, new Response(stream).json());
  }
  return (await chunks.get(group))[number % facts.group];
}

function choose() {
  const person = at("by-person").value, direction = at("by-direction").value, kind = at("by-kind").value;
  const text = at("by-text").value.trim().toLowerCase();
  shown = [];
  mails.forEach((mail, number) => {
    if (day && !mail[TIME].startsWith(day)) return;
    if (direction && String(mail[INCOMING]) !== direction) return;
    if (kind && mail[KIND] !== kind) return;
    if (person && !belongs(mail, Number(person))) return;
    if (text && !(who(mail) + " " + mail[ADDRESS] + " " + mail[SUBJECT] + " " + mail[WHAT]).toLowerCase().includes(text)) return;
    shown.push(number);
  });
  limit = page;
  drawList();
}
function belongs(mail, person) {
  return mail[PERSON] === person || mail[ADDRESS].toLowerCase() === people[person].email.toLowerCase();
}
function reset() {
  day = "";
  for (const id of ["by-person", "by-direction", "by-kind", "by-text"]) at(id).value = "";
}

function drawList() {
  const list = at("list");
  list.replaceChildren();
  let last = "";
  for (const number of shown.slice(0, limit)) {
    const mail = mails[number], date = mail[TIME].slice(0, 10);
    if (date !== last) list.append(make("li", {}, make("h3", {}, longDay(date))));
    last = date;
    list.append(make("li", {}, row(mail, number)));
  }
  if (shown.length > limit) {
    list.append(make("li", {}, make("button", {class: "more", type: "button", onclick: () => { limit += page; drawList(); }},
      `Show ${Math.min(page, shown.length - limit)} more`)));
  }
  at("count").textContent = `${shown.length.toLocaleString("en")} of ${mails.length.toLocaleString("en")}`;
  for (const button of at("days").children) button.setAttribute("aria-pressed", String(button.dataset.day === day));
}
function row(mail, number) {
  const about = mail[INCOMING] && mail[WHAT] ? `${mail[WHAT]} · ${mail[SUBJECT]}` : mail[SUBJECT];
  const direction = mail[INCOMING] ? "from" : "to";
  const button = make("button", {class: "row", type: "button", "data-number": number, onclick: () => open(number, true)},
    make("time", {}, mail[TIME].slice(11)),
    make("span", {class: "who"}, make("span", {class: "hidden"}, direction + " "), who(mail)),
    make("span", {class: "tag " + (mail[INCOMING] ? "in" : "out")}, (mail[INCOMING] ? "→ " : "← ") + words(mail[KIND])),
    make("span", {class: "about"}, about));
  if (number === current) button.setAttribute("aria-current", "true");
  return button;
}

async function open(number, focus) {
  current = number;
  const mail = mails[number], reader = at("reader");
  for (const button of document.querySelectorAll(".row[aria-current]")) button.removeAttribute("aria-current");
  const place = shown.indexOf(number);
  if (place >= limit) { limit = place + page; drawList(); }
  const chosen = document.querySelector(`.row[data-number="${number}"]`);
  if (chosen) { chosen.setAttribute("aria-current", "true"); bringIntoView(at("list"), chosen); }
  const body = await bodyOf(number);
  if (current !== number) return;
  const there = {html: body.html, text: body.text, calendar: body.calendar};
  if (!there[view]) view = ["html", "text", "calendar"].find(name => there[name]) || "text";
  reader.replaceChildren(pager(number), heading(mail), head(mail, body), views(mail, there), face(there));
  document.body.classList.add("reading");
  history.replaceState(null, "", "#mail-" + (number + 1));
  if (focus) { reader.focus({preventScroll: true}); if (innerWidth <= 820) scrollTo(0, reader.getBoundingClientRect().top + scrollY - 8); }
}
function bringIntoView(list, row) {
  if (list.scrollHeight <= list.clientHeight) return;
  const top = row.offsetTop - list.offsetTop;
  if (top < list.scrollTop + 30 || top + row.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top - list.clientHeight / 3;
}
function pager(number) {
  const place = shown.indexOf(number);
  const step = (label, by) => {
    const button = make("button", {type: "button", onclick: () => open(shown[place + by], true)}, label);
    button.disabled = place < 0 || place + by < 0 || place + by >= shown.length;
    return button;
  };
  const back = make("button", {type: "button", class: "back", onclick: () => document.body.classList.remove("reading")}, "List");
  return make("div", {class: "pager"}, back, step("Previous", -1), step("Next", 1), `mail ${number + 1} of ${mails.length}`);
}
function heading(mail) {
  return make("h2", {}, mail[SUBJECT] || "(no subject)");
}
function head(mail, body) {
  const list = make("dl", {class: "head"});
  const line = (name, value) => list.append(make("dt", {}, name), make("dd", {}, value));
  line("When", `${longDay(mail[TIME].slice(0, 10))}, ${mail[TIME].slice(11)}`);
  if (mail[INCOMING]) line("Outcome", words(mail[KIND]) + (mail[FOLDER] ? ` (filed in ${mail[FOLDER]})` : ""));
  else line("Kind", words(mail[KIND]));
  if (mail[WHAT]) line("What it is", mail[WHAT]);
  const rest = make("dl", {class: "head"});
  for (const [name, value] of body.head) {
    if (["From", "To"].includes(name)) line(name, value);
    else if (name !== "Subject") rest.append(make("dt", {}, name), make("dd", {}, value));
  }
  if (body.parts.length) rest.append(make("dt", {}, "Other parts"), make("dd", {}, body.parts.join(", ")));
  return make("div", {}, list, make("details", {class: "more-head"}, make("summary", {}, "More of its header"), rest));
}
function views(mail, there) {
  const bar = make("div", {class: "views", role: "group", "aria-label": "Ways to look at this mail"});
  for (const [name, label] of [["html", "As shown"], ["text", "Plain text"], ["calendar", "Calendar"]]) {
    if (there[name]) bar.append(make("button", {type: "button", "aria-pressed": String(view === name),
      onclick: () => { view = name; open(current, false); }}, label));
  }
  bar.append(make("a", {href: mail[FILE]}, "the .eml file"));
  return bar;
}
const POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'; img-src data:">';
function face(there) {
  if (view !== "html" || !there.html) return make("pre", {}, there[view] || "(no text)");
  // No scripts run in there: the sandbox forbids them, and so do this page's policy and the mail's own. Being of one
  // origin only lets us ask how tall the mail is.
  const frame = make("iframe", {sandbox: "allow-same-origin", srcdoc: POLICY + there.html, title: "The mail as its reader sees it",
    referrerpolicy: "no-referrer", onload: () => fit(frame)});
  return frame;
}
function fit(frame) {
  const inside = frame.contentDocument?.documentElement;
  if (!inside) return;
  frame.style.height = "0";
  frame.style.height = Math.min(inside.scrollHeight + 4, 20000) + "px";
}
addEventListener("resize", () => document.querySelectorAll("iframe").forEach(fit));

function drawDays() {
  const counts = new Map();
  for (const mail of mails) {
    const key = mail[TIME].slice(0, 10), pair = counts.get(key) || [0, 0];
    pair[mail[INCOMING]] += 1;
    counts.set(key, pair);
  }
  const most = Math.max(...[...counts.values()].map(pair => pair[0] + pair[1]), 1);
  const height = count => count ? Math.max(1, Math.round(Math.sqrt(count / most) * 52 * count / count)) : 0;
  for (const [key, [out, into]] of [...counts].sort()) {
    const all = height(out + into), part = Math.round(all * into / (out + into));
    const label = `${longDay(key)}: ${into} letters, ${out} mails`;
    const bar = (kind, pixels) => { const i = make("i", {class: kind}); i.style.height = pixels + "px"; return i; };
    const name = dayNumber(key);
    at("days").append(make("button", {type: "button", class: name.includes(" ") ? "fresh" : "", "data-day": key, title: label, "aria-label": label, "aria-pressed": "false",
      onclick: () => { day = day === key ? "" : key; choose(); }}, bar("out", all - part), bar("in", part), make("span", {}, name)));
  }
}

let month = "";
function dayNumber(key) {
  const fresh = key.slice(0, 7) !== month;
  month = key.slice(0, 7);
  const name = new Date(key + "T12:00:00Z").toLocaleDateString("en-GB", {month: "short", timeZone: "UTC"});
  return Number(key.slice(8)) + (fresh ? " " + name : "");
}

function drawPeople() {
  const text = at("people-text").value.trim().toLowerCase(), list = at("people-list");
  const found = people.map((person, number) => [person, number]).filter(([person]) =>
    !text || [person.name, person.email, person.habit, person.style, person.manner, person.reference].join(" ").toLowerCase().includes(text));
  list.replaceChildren(...found.slice(0, page).map(([person, number]) => story(person, number)));
  const rest = found.length > page ? `; the first ${page} are shown` : "";
  at("people-count").textContent = `${found.length} of ${people.length}${rest}`;
}
function story(person, number) {
  const state = [person.reference, person.status, person.late ? "late" : "", person.decision ? "decided: " + person.decision : ""].filter(Boolean).join(" · ");
  const details = make("details", {class: "person"}, make("summary", {}, make("b", {}, person.name), make("span", {}, person.habit),
    make("span", {}, person.style), make("span", {class: "state"}, state || "no application")));
  details.addEventListener("toggle", () => { if (details.open && details.children.length === 1) details.append(inside(person, number)); });
  return details;
}
function inside(person, number) {
  const box = make("div", {class: "inside"}, make("p", {}, `${person.email}: ${person.role}. ${person.proven ? "Mail is authenticated." : "Mail is not authenticated."}`));
  const rsvps = Object.entries(person.rsvps).filter(([, said]) => said).map(([key, said]) => `${facts.sessions[key] || key}: ${said}`).join(", ");
  box.append(make("p", {}, `If invited: ${person.manner}.${rsvps ? " Recorded: " + rsvps + "." : ""}`));
  for (const [key, wrote] of Object.entries(person.wrote)) {
    const understood = person.understood[key] || "", plain = words => words.split(/\s+/).join(" ").trim();
    const same = plain(understood) === plain(wrote);
    const answer = make("div", {class: "answer"}, make("p", {class: "q"}, `${key}. ${facts.questions[key] || ""}`),
      make("p", {class: same ? "same" : "other"}, wrote));
    if (!same) answer.append(make("p", {class: "q"}, "understood as"), make("p", {class: "other"}, understood || "(nothing)"));
    else answer.append(make("p", {class: "q"}, "understood exactly"));
    box.append(answer);
  }
  const course = make("ol", {class: "course"});
  mails.forEach((mail, index) => {
    if (!belongs(mail, number)) return;
    course.append(make("li", {}, make("time", {}, mail[TIME]), make("button", {type: "button", onclick: () => visit(number, index)},
      (mail[INCOMING] ? "→ " + (mail[WHAT] || "letter") + ": " : "← ") + words(mail[KIND]))));
  });
  box.append(make("h3", {}, "In order"), course);
  return box;
}
function visit(person, number) {
  reset();
  at("by-person").value = String(person);
  choose();
  show("mails");
  open(number, true);
}

function show(name) {
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const chosen = tab.dataset.panel === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    at("panel-" + tab.dataset.panel).hidden = !chosen;
  }
  if (name === "people" && !at("people-list").children.length) drawPeople();
}

const tabs = [...document.querySelectorAll("[role=tab]")];
tabs.forEach((tab, place) => {
  tab.addEventListener("click", () => { show(tab.dataset.panel); history.replaceState(null, "", "#" + tab.dataset.panel); });
  tab.addEventListener("keydown", event => {
    const by = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (by) { const next = tabs[(place + by + tabs.length) % tabs.length]; next.focus(); next.click(); }
  });
});
people.forEach((person, number) => at("by-person").append(make("option", {value: number}, `${person.name}${person.reference ? " (" + person.reference + ")" : ""}`)));
for (const kind of [...new Set(mails.map(mail => mail[KIND]))].sort()) at("by-kind").append(make("option", {value: kind}, words(kind)));
for (const id of ["by-person", "by-direction", "by-kind"]) at(id).addEventListener("change", choose);
at("by-text").addEventListener("input", choose);
at("people-text").addEventListener("input", drawPeople);
at("filters").addEventListener("submit", event => event.preventDefault());
at("filters").addEventListener("reset", () => setTimeout(() => { reset(); choose(); }));
drawDays();
choose();
const asked = location.hash.slice(1), number = Number(asked.replace("mail-", "")) - 1;
show(["people", "books"].includes(asked) ? asked : "mails");
if (asked.startsWith("mail-") && mails[number]) open(number, false);
else if (innerWidth > 820 && shown.length) open(shown[0], false).then(() => { if (!asked) history.replaceState(null, "", " "); });
"""

"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const marks = { pass: "✓", fail: "✗", warn: "!", inconclusive: "?", known: "~", error: "E" };
  const gravity = ["fail", "error", "warn", "inconclusive", "known", "pass"];
  const clients = data.clients;
  const one = clients.length === 1;
  const text = (i) => (i < 0 ? "" : data.texts[i]);
  const plural = (n, word) => n + " " + word + (n === 1 ? "" : "s");
  const rows = data.scenarios.map((s, index) => ({
    index, id: s[0], title: s[1], family: s[2], level: text(s[3]), expected: text(s[4]), remedy: text(s[5]), refs: text(s[6]),
  }));
  const verdictAt = (c, i) => data.verdicts[clients[c].cells[i]] || ""; // "." is no index
  const detailAt = (c, i) => data.details[clients[c].details[i]];
  const nameOf = (c) => [c.name, c.version].filter(Boolean).join(" ");

  const make = (tag, attributes, ...children) => {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
    e.append(...children);
    return e;
  };

  // What is shown: filters, open families, and the list of rows that follows from them.
  const chosen = { words: [], family: "", level: "", verdicts: new Set() };
  const open = new Set();
  let items = [], matching = [], rowHeight = 32;

  // Everything that free text is looked for in, joined when first needed.
  const haystacks = [];
  const haystack = (r) => {
    if (!haystacks[r.index]) {
      const parts = [r.id, r.title, r.expected, data.families[r.family], r.refs];
      clients.forEach((c, at) => {
        const d = detailAt(at, r.index);
        if (d) parts.push(c.name, text(d[0]), text(d[1]), text(d[2]));
      });
      haystacks[r.index] = parts.join("\n").toLowerCase();
    }
    return haystacks[r.index];
  };

  const matches = (r) => {
    if (chosen.family !== "" && data.families[r.family] !== chosen.family) return false;
    if (chosen.level !== "" && r.level !== chosen.level) return false;
    if (chosen.verdicts.size && !clients.some((_, c) => chosen.verdicts.has(verdictAt(c, r.index)))) return false;
    return chosen.words.every((w) => haystack(r).includes(w));
  };
  const filtered = () => chosen.words.length > 0 || chosen.family !== "" || chosen.level !== "" || chosen.verdicts.size > 0;

  const filter = () => {
    matching = rows.filter(matches);
    layOut();
    $("frame").scrollTop = 0;
  };

  const layOut = () => {
    items = [];
    const groups = new Map();
    for (const r of matching) {
      if (!groups.has(r.family)) groups.set(r.family, []);
      groups.get(r.family).push(r);
    }
    for (const [family, members] of groups) {
      items.push({ family, members });
      if (open.has(family)) for (const r of members) items.push({ row: r });
    }
    const all = groups.size > 0 && [...groups.keys()].every((f) => open.has(f));
    $("fold").textContent = all ? "Collapse all" : "Expand all";
    $("fold").setAttribute("aria-pressed", String(all));
    $("count").value = matching.length === rows.length ? plural(rows.length, "scenario") : matching.length + " of " + plural(rows.length, "scenario");
    $("none").hidden = matching.length > 0;
    $("clear").hidden = !filtered();
    $("matrix").hidden = matching.length === 0;
    $("matrix").setAttribute("aria-rowcount", String(items.length + 1));
    drawn = "";
    draw();
  };

  // Only the rows in view are in the document: the table may have 45,000 cells.
  let drawn = "";
  const draw = () => {
    const frame = $("frame"), margin = 12;
    const first = Math.max(0, Math.floor(frame.scrollTop / rowHeight) - margin);
    const last = Math.min(items.length, first + Math.ceil(frame.clientHeight / rowHeight) + 2 * margin);
    if (drawn === first + "-" + last) return;
    drawn = first + "-" + last;
    const active = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.key : "";
    $("above").firstElementChild.firstElementChild.style.height = first * rowHeight + "px";
    $("below").firstElementChild.firstElementChild.style.height = (items.length - last) * rowHeight + "px";
    $("rows").replaceChildren(...items.slice(first, last).map((item, i) => {
      const tr = item.row ? scenarioRow(item.row) : familyRow(item);
      tr.setAttribute("aria-rowindex", String(first + i + 2));
      return tr;
    }));
    if (active) {
      const again = $("rows").querySelector('[data-key="' + CSS.escape(active) + '"]');
      if (again) again.focus({ preventScroll: true });
    }
  };

  const familyRow = ({ family, members }) => {
    const toggle = make("button", { type: "button", "aria-expanded": String(open.has(family)), "data-family": family, "data-key": "family " + family },
      data.families[family], make("small", {}, String(members.length)));
    const tr = make("tr", { class: "family" }, make("th", { scope: "rowgroup" }, toggle));
    clients.forEach((client, c) => {
      const counts = {};
      for (const r of members) {
        const v = verdictAt(c, r.index);
        if (v) counts[v] = (counts[v] || 0) + 1;
      }
      const worst = gravity.find((v) => counts[v]);
      const td = make("td");
      if (worst) {
        const told = gravity.filter((v) => counts[v]).map((v) => counts[v] + " " + v).join(", ");
        td.append(make("span", { class: "sum v-" + worst, title: client.name + ": " + told }, worst === "pass" ? marks.pass : String(counts[worst])));
      }
      tr.append(td);
    });
    tr.append(make("td", { class: "rest" }));
    return tr;
  };

  const scenarioRow = (r) => {
    const tr = make("tr", { "data-id": r.id }, make("th", { scope: "row", title: r.title + "\n" + r.id }, make("div", { class: "both" },
      make("span", { class: "title" }, r.title), make("span", { class: "id" }, r.id.replace(data.families[r.family] + "/", "")))));
    clients.forEach((client, c) => {
      const v = verdictAt(c, r.index);
      if (!v) return void tr.append(make("td", { class: "none", title: "did not run" }, "·"));
      const label = client.name + ", " + r.title + ": " + v;
      tr.append(make("td", {}, make("button", { type: "button", "aria-label": label, title: client.name + ": " + v, "data-cell": c + " " + r.index, "data-key": c + " " + r.index },
        make("span", { class: "mark v-" + v, "aria-hidden": "true" }, marks[v]))));
    });
    const d = one && detailAt(0, r.index);
    tr.append(make("td", { class: "rest" }, d ? text(d[0]) || text(d[1]) : ""));
    return tr;
  };

  // The dialog with the evidence of one cell; #client/scenario in the address opens it.
  let shown = null;
  const show = (c, index) => {
    const r = rows[index], client = clients[c], v = verdictAt(c, index), d = detailAt(c, index);
    if (!r || !d) return;
    shown = { c, index };
    $("detail-verdict").textContent = v;
    $("detail-verdict").className = "tag v-" + v;
    $("detail-client").textContent = nameOf(client) + (client.tls ? " · " + client.tls : "");
    $("detail-title").textContent = r.title;
    $("detail-id").textContent = r.id;
    const facts = [];
    const add = (label, value, words) => {
      if (value) facts.push(make("dt", {}, label), make("dd", words ? { class: "words" } : {}, value));
    };
    add("Expected", r.expected);
    add("Finding", text(d[0]));
    add("The client", text(d[1]));
    add("Its words", text(d[2]), true);
    d.slice(6, 6 + d[5]).forEach((i, at) => add(at ? "" : "Evidence", text(i), true));
    d.slice(6 + d[5]).forEach((i) => add("Note", text(i)));
    add("Control", text(d[3]));
    add("Picture", text(d[4]));
    if (v !== "pass") add("Remedy", r.remedy);
    add("See", r.refs);
    $("facts").replaceChildren(...facts);
    const at = matching.findIndex((m) => m.index === index);
    $("previous").disabled = at <= 0;
    $("next").disabled = at < 0 || at + 1 >= matching.length;
    if (!$("detail").open) $("detail").showModal();
    $("detail").scrollTop = 0;
    remember("#" + encodeURIComponent(client.name) + "/" + encodeURIComponent(r.id));
  };
  const step = (by) => {
    const next = shown && matching[matching.findIndex((m) => m.index === shown.index) + by];
    if (next) show(shown.c, next.index);
  };
  const remember = (hash) => {
    try { history.replaceState(null, "", hash || location.pathname); } catch { /* some browsers forbid it from disk */ }
  };
  const fromAddress = () => {
    const [client, id] = location.hash.slice(1).split("/").map((part) => { try { return decodeURIComponent(part); } catch { return part; } });
    const c = clients.findIndex((k) => k.name === client), r = rows.find((k) => k.id === id);
    if (c >= 0 && r) show(c, r.index);
  };

  // The frame around it.
  const total = (v) => clients.reduce((n, c) => n + [...c.cells].filter((d) => data.verdicts[d] === v).length, 0);
  const about = [];
  if (one) about.push("profile " + clients[0].profile);
  else about.push(plural(clients.length, "client"));
  about.push(plural(rows.length, "scenario"));
  if (clients.length && clients[0].started) about.push(clients[0].started);
  for (const c of clients) if (c.unfinished) about.push((one ? "" : c.name + " ") + c.unfinished);
  $("about").textContent = about.join(" · ");
  $("matrix").classList.toggle("one", one);
  $("clients").append(make("th", { scope: "col" }, "Scenario"), ...clients.map((c) =>
    make("th", { scope: "col", title: nameOf(c) + (c.tls ? "\n" + c.tls : "") + "\nprofile " + c.profile + ", " + (c.ms / 1000).toFixed(1) + " s" },
      one ? make("span", { class: "name" }, "Verdict") : make("span", { class: "name" }, c.name, " ", make("small", {}, c.version)))),
  make("th", { class: "rest", scope: "col" }));
  data.families.forEach((f) => $("family").append(make("option", { value: f }, f)));
  [...new Set(rows.map((r) => r.level))].forEach((l) => $("level").append(make("option", { value: l }, l)));
  for (const v of data.verdicts) {
    const n = total(v);
    const b = make("button", { type: "button", "aria-pressed": "false", "data-verdict": v },
      make("span", { class: "mark v-" + v, "aria-hidden": "true" }, marks[v]), make("i", {}, v + " " + n));
    b.disabled = n === 0;
    $("verdicts").append(b);
  }

  const openMatching = () => { if (filtered() && matching.length <= 400) for (const r of matching) open.add(r.family); };
  const refilter = () => { matching = rows.filter(matches); openMatching(); filter(); };
  $("filters").addEventListener("submit", (e) => e.preventDefault());
  $("text").addEventListener("input", () => { chosen.words = $("text").value.toLowerCase().split(/\s+/).filter(Boolean); refilter(); });
  $("family").addEventListener("change", () => { chosen.family = $("family").value; refilter(); });
  $("level").addEventListener("change", () => { chosen.level = $("level").value; refilter(); });
  $("verdicts").addEventListener("click", (e) => {
    const b = e.target.closest("button");
    if (!b) return;
    const v = b.dataset.verdict, on = !chosen.verdicts.has(v);
    if (on) chosen.verdicts.add(v); else chosen.verdicts.delete(v);
    b.setAttribute("aria-pressed", String(on));
    refilter();
  });
  $("clear").addEventListener("click", () => {
    $("filters").reset();
    Object.assign(chosen, { words: [], family: "", level: "" });
    chosen.verdicts.clear();
    $("verdicts").querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", "false"));
    filter();
  });
  $("fold").addEventListener("click", () => {
    const families = new Set(matching.map((r) => r.family));
    const all = [...families].every((f) => open.has(f));
    families.forEach((f) => (all ? open.delete(f) : open.add(f)));
    layOut();
  });
  $("rows").addEventListener("click", (e) => {
    const family = e.target.closest("[data-family]"), cell = e.target.closest("[data-cell]");
    if (family) {
      const f = Number(family.dataset.family);
      if (!open.delete(f)) open.add(f);
      layOut();
    } else if (cell) {
      show(...cell.dataset.cell.split(" ").map(Number));
    }
  });
  $("previous").addEventListener("click", () => step(-1));
  $("next").addEventListener("click", () => step(1));
  $("close").addEventListener("click", () => $("detail").close());
  $("detail").addEventListener("click", (e) => { if (e.target === $("detail")) $("detail").close(); });
  $("detail").addEventListener("close", () => { shown = null; remember(""); });
  $("detail").addEventListener("keydown", (e) => {
    if (e.key === "ArrowUp" || e.key === "k") { step(-1); e.preventDefault(); }
    if (e.key === "ArrowDown" || e.key === "j") { step(1); e.preventDefault(); }
  });
  $("frame").addEventListener("scroll", draw, { passive: true });
  const measure = () => {
    rowHeight = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row")) * parseFloat(getComputedStyle(document.documentElement).fontSize);
    drawn = "";
    draw();
  };
  addEventListener("resize", measure);
  addEventListener("hashchange", fromAddress);
  if (rows.length <= 60) data.families.forEach((_, f) => open.add(f));
  measure();
  filter();
  fromAddress();
})();

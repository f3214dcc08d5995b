/* The desk's keys, rows, panels and answers. htmx sends the requests; every word comes from the page.
   Helpers, keys, rows, panels, focus, requests, failures, signing in again, lists to choose from, overlay and palette. */
(() => {
  "use strict";

  const root = document.documentElement;
  const body = document.body;
  const main = document.querySelector("main");
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

  Object.assign(htmx.config, { defaultSettleDelay: 0, historyCacheSize: 0, timeout: 15000 });

  // -- helpers

  const byId = (id) => (id ? document.getElementById(id) : null);
  const first = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const isShown = (element) => element.checkVisibility();
  const active = () => document.activeElement ?? body;
  const topDialog = () => all("dialog[open]").at(-1) ?? null;
  const rowOf = (element) => element?.closest("tbody[data-row]") ?? null;
  const panelOf = (element) => element?.closest("[data-panel]") ?? null;
  const isOff = (element) => element.getAttribute("aria-disabled") === "true";

  const NOT_TYPED = "[type=checkbox], [type=radio], [type=button], [type=submit], [type=reset], [type=image]";
  const WAITS = "[data-when-saved]";
  const FIELD = "input:not([type=hidden]), select, textarea";
  const isField = (element) => element.matches("input, select, textarea, [contenteditable]") && !element.matches(NOT_TYPED);

  /** Tell it to who listens; the last message with its Undo stays. */
  function say(text) {
    const place = byId("say");
    if (!place || !text) return;
    first(":scope > .said", place)?.remove();
    const line = document.createElement("p");
    line.className = "said sr";
    line.textContent = text;
    place.append(line);
  }

  /** What an element is called, without the key on it. */
  function nameOf(element) {
    const given = element.dataset.keyName || element.getAttribute("aria-label");
    if (given) return given;
    const source = isField(element) && element.labels?.length ? element.labels[0] : element;
    const copy = source.cloneNode(true);
    all("kbd, svg, .n", copy).forEach((part) => part.remove());
    return copy.textContent.trim().replace(/\s+/g, " ") || element.title || "";
  }

  function whyOff(element) {
    const described = (element.getAttribute("aria-describedby") ?? "").split(" ").map((id) => byId(id)?.textContent.trim());
    return described.filter(Boolean).join(" ") || element.title || nameOf(element);
  }

  function focusOn(element, options) {
    const row = rowOf(element);
    if (row && element.closest("tr.more[hidden]")) toggleRow(row, true);
    if (element.tabIndex < 0 && !element.hasAttribute("tabindex")) element.tabIndex = -1;
    element.focus(options);
    if (isField(element)) element.select?.();
  }

  /** The first thing to do in a panel or dialog. */
  function focusIn(place) {
    const candidates = ["[data-focus]", "[aria-invalid=true]", FIELD, "button, a[href]"];
    for (const selector of candidates) {
      const found = all(selector, place).find(isShown);
      if (found) return focusOn(found);
    }
  }

  // -- keys

  let sequenceBegan = 0;

  /** The keys of an element; "g s" is one key after the other, everything else an alternative. */
  function keysOf(element) {
    const words = element.getAttribute("aria-keyshortcuts").trim().split(/\s+/);
    const keys = [];
    for (let at = 0; at < words.length; at++) {
      const follows = words[at] === "g" && words[at + 1]?.length === 1;
      keys.push(follows ? `g ${words[++at].toLowerCase()}` : words[at].length === 1 ? words[at].toLowerCase() : words[at]);
    }
    return keys;
  }

  /** What was pressed, spelled as in aria-keyshortcuts; with Alt only an arrow, nothing with AltGr. */
  function pressed(event) {
    const moves = event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey && ["ArrowUp", "ArrowDown"].includes(event.key);
    if (moves && !event.target.matches("select")) return `Alt+${event.key}`;
    if (event.altKey || event.getModifierState("AltGraph") || (isMac ? event.ctrlKey : event.metaKey)) return null;
    const chord = isMac ? event.metaKey : event.ctrlKey;
    const isLetter = /^\p{L}$/u.test(event.key);
    const key = event.key === " " ? "Space" : isLetter ? (chord ? event.key.toUpperCase() : event.key.toLowerCase()) : event.key;
    const shifted = event.shiftKey && (chord || isLetter || key.length > 1);
    return (chord ? "Control+" : "") + (shifted ? "Shift+" : "") + key;
  }

  const isPlain = (press) => press === "Delete" || press.replace("Shift+", "").length === 1; // in a field it is typed
  const lettersWork = () => root.dataset.keys !== "off" && !isField(active()) && !isListOpen(active());

  function isReachable(element) {
    if (isShown(element) || element.closest(".rail")) return true;
    const more = element.closest("tr.more[hidden]");
    return Boolean(more && isShown(rowOf(more)));
  }

  /** What a key means here: in the dialog; else in the panel; else nearest to the focus, in its row or the open one, on the page. */
  function meaning(key, from = active()) {
    const pick = (place, suits = () => true) =>
      all("[aria-keyshortcuts]", place).find((element) => keysOf(element).includes(key) && suits(element) && isReachable(element));
    const dialog = topDialog();
    if (dialog) return pick(dialog);
    const panel = panelOf(from);
    if (panel) return pick(panel) ?? pick(document, (element) => !element.closest("main, dialog"));
    const row = rowOf(from) ?? openRow();
    const ofPage = (element) => !element.closest("dialog") && (!rowOf(element) || rowOf(element) === row || rowOf(element).contains(from));
    for (let place = rowOf(from) ? from : (row ?? from); place; place = place.parentElement) {
      const found = pick(place, ofPage);
      if (found) return found;
    }
    return null;
  }

  function activate(element) {
    if (isOff(element)) return say(whyOff(element));
    if (isField(element)) return focusOn(element);
    const row = rowOf(element);
    if (row && element.closest("tr.more[hidden]")) toggleRow(row, true);
    if (element.matches(WAITS)) commit(active());
    element.click();
  }

  /** A field counts as changed when it is left; leave it for a moment. */
  function commit(field) {
    if (!isField(field)) return;
    field.blur();
    field.focus({ preventScroll: true });
  }

  function primary() {
    const place = topDialog() ?? panelOf(active()) ?? openPanels().at(-1);
    if (place) return first(".btn.primary", place);
    const ofPage = (element) => isShown(element) && !element.closest("[data-panel], tbody[data-row]");
    const named = all("[aria-keyshortcuts]", main ?? body).filter((element) => keysOf(element).includes("Control+Enter"));
    return [...named, ...all(".btn.primary", main ?? body)].find(ofPage);
  }

  /** The primary button, after what is typed is saved. */
  function pressPrimary() {
    const before = primary();
    if (before && isOff(before)) return say(whyOff(before));
    commit(active());
    whenSaved(() => {
      const button = primary();
      if (button) activate(button);
    });
  }

  function saySaved() {
    commit(active());
    whenSaved(() => isUnmended() || say(body.dataset.saved || byId("saved")?.textContent.trim()));
  }

  function find() {
    if (byId("q") && !topDialog()) focusOn(byId("q"));
  }

  const ALWAYS = {
    "Control+Enter": pressPrimary,
    "Control+S": saySaved,
    "Control+K": () => showPalette(),
    "?": () => showKeys(),
    F1: () => showKeys(),
    F2: find,
    "/": find,
  };
  const OF_THE_COMPONENT = ["Enter", "Escape", "Space", "Tab", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"];

  function onShortcut(event) {
    const press = pressed(event);
    if (!press || OF_THE_COMPONENT.includes(press)) return;
    let key = press;
    if (isPlain(press)) {
      if (!lettersWork()) return;
      const follows = Date.now() - sequenceBegan < 1500;
      sequenceBegan = 0;
      if (follows) key = `g ${press}`;
      else if (press === "g") {
        sequenceBegan = Date.now();
        return event.preventDefault();
      }
    }
    const element = key === "Control+Enter" ? null : meaning(key);
    if (!element && !Object.hasOwn(ALWAYS, key)) return;
    event.preventDefault();
    if (event.repeat) return;
    if (element) activate(element);
    else ALWAYS[key]();
  }

  function onEscape(event) {
    const at = active();
    if (at.matches("[type=search]")) event.preventDefault(); // the browser would empty it
    if (isListOpen(at) && !at.closest("#palette") && hideList(at)) {
      shut.add(at);
      return event.preventDefault();
    }
    const popover = first(":popover-open");
    const place = topDialog() ?? panelOf(at) ?? (isField(at) ? null : openPanels().at(-1));
    if (popover) popover.hidePopover();
    else if (place) dismiss(place);
    else if (rowOf(at) && at !== leadOf(rowOf(at))) leadOf(rowOf(at)).focus();
    else if (isField(at)) main?.focus({ preventScroll: true });
    else return;
    event.preventDefault();
  }

  /** Enter in order entry: on to the next field; leaving the old one saves it. */
  function onEntered(event) {
    const field = event.target;
    if (event.ctrlKey || event.metaKey || !field.form?.matches("[data-entry]") || !field.matches(FIELD)) return false;
    if (field.matches("textarea, [type=button], [type=submit]")) return false;
    event.preventDefault();
    const isNext = (other) =>
      field.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING && isShown(other) && !other.disabled && other.tabIndex >= 0;
    const inForm = all(FIELD, field.form).find((other) => isNext(other) && !(other.type === "radio" && other.name === field.name));
    const next = inForm ?? all(`${FIELD}, .btn.primary`, main ?? body).find((other) => isNext(other) && !field.form.contains(other));
    if (next) focusOn(next);
    else commit(field);
    return true;
  }

  function onKeydown(event) {
    if (event.defaultPrevented || event.isComposing) return;
    touched = true;
    if (byId("session-ends")?.open) return stayByKey(event);
    if (event.key === "Escape") return onEscape(event);
    if (onListKey(event) || onRowKey(event)) return;
    if (event.key === "Enter" && onEntered(event)) return;
    if (event.key === "Enter" && event.target.matches("[data-panel] form[hx-post] select")) {
      event.preventDefault(); // as in any other field; the space bar and the arrows open the list
      event.target.form.requestSubmit();
      return;
    }
    onShortcut(event);
  }

  // -- rows: one is open in a table, Tab comes to one of them, arrows go on

  const opened = new Set();
  const closed = new Set();
  const rowsOf = (table) => all(":scope > tbody[data-row]", table);
  const leadOf = (row) => first(".lead", row) ?? first("tr:first-child :is(a, input[type=checkbox])", row);
  const moreOf = (row) => first(":scope > tr.more", row);
  const isOpen = (row) => moreOf(row)?.hidden === false;
  const openRow = () => all("table[data-rows] > tbody[data-row]").find((row) => isOpen(row) && isShown(row)) ?? null;

  function showRow(row, open) {
    if (!moreOf(row)) return;
    leadOf(row).setAttribute("aria-expanded", open);
    moreOf(row).hidden = !open;
    row.rows[0].classList.toggle("open", open);
    opened[open ? "add" : "delete"](row.id);
  }

  function toggleRow(row, open = !isOpen(row)) {
    for (const other of rowsOf(row.parentElement)) showRow(other, open && other === row);
    closed[open ? "delete" : "add"](row.id);
    const url = new URL(location.href);
    if (open) url.searchParams.set("row", row.id);
    else url.searchParams.delete("row");
    history.replaceState(history.state, "", url);
    rove(row.parentElement);
  }

  function rove(table) {
    const leads = rowsOf(table).map(leadOf).filter(Boolean);
    const open = rowsOf(table).find(isOpen);
    const one = leads.find((lead) => lead === active()) ?? (open && leadOf(open)) ?? leads.find((lead) => lead.tabIndex === 0) ?? leads[0];
    for (const lead of leads) lead.tabIndex = lead === one ? 0 : -1;
  }

  /** After a load or a swap: what was open is open, and what a clerk closed is closed. */
  function settleRows() {
    for (const table of all("table[data-rows]")) {
      const rows = rowsOf(table);
      const open = rows.find((row) => opened.has(row.id)) ?? rows.find((row) => isOpen(row) && !closed.has(row.id));
      for (const row of rows) showRow(row, row === open);
      rove(table);
    }
  }

  function onRowKey(event) {
    const row = rowOf(event.target);
    if (!row?.parentElement.matches("[data-rows]") || leadOf(row) !== event.target || event.ctrlKey || event.altKey || event.metaKey) return false;
    const leads = rowsOf(row.parentElement).filter(isShown).map(leadOf).filter(Boolean);
    const at = leads.indexOf(event.target);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: leads.length - 1 }[event.key];
    if (to === undefined) return false;
    event.preventDefault();
    leads[to]?.focus();
    return true;
  }

  // -- panels: a form that opens in its place and closes to where it was opened

  const openers = new WeakMap();
  const openPanels = () => all("[data-panel]").filter((panel) => panel.firstElementChild && isShown(panel));

  function goBack(panel) {
    const opener = openers.get(panel);
    const back = [opener, byId(opener?.id), rowOf(panel) && leadOf(rowOf(panel)), main];
    back.find((element) => element?.isConnected && isShown(element))?.focus();
  }

  function close(place) {
    if (place.matches("dialog")) return place.close();
    const hadFocus = place.contains(active()) || active() === body;
    place.replaceChildren();
    if (hadFocus) goBack(place);
  }

  /** Esc: what is typed is not thrown away at once; the first Esc goes to the button that does it. */
  function dismiss(place) {
    const button = first("[data-close]", place);
    if (button && place.hasAttribute("data-at-once")) button.click();
    else if (button && active() !== button && isTyped(place)) button.focus();
    else close(place);
  }

  // -- what is typed, and not yet saved

  function valueOf(field) {
    if (field.matches("[type=checkbox], [type=radio]")) return String(field.checked);
    return field.matches("select") ? [...field.selectedOptions].map((option) => option.value).join("\n") : field.value;
  }

  function savedValueOf(field) {
    if (field.matches("[type=checkbox], [type=radio]")) return String(field.defaultChecked);
    if (!field.matches("select")) return field.defaultValue;
    const chosen = [...field.options].filter((option) => option.defaultSelected);
    const shown = chosen.length || field.multiple ? chosen : [...field.options].slice(0, 1);
    return shown.map((option) => option.value).join("\n");
  }

  function setSaved(field) {
    if (field.matches("[type=checkbox], [type=radio]")) field.defaultChecked = field.checked;
    else if (field.matches("select")) for (const option of field.options) option.defaultSelected = option.selected;
    else field.defaultValue = field.value;
  }

  /** What was refused is not saved: it stays as it was typed, beside what is stored. */
  function setStored(field) {
    const typed = field.value;
    field.defaultValue = field.dataset.stored;
    field.value = typed;
  }

  /** Whether something typed would be lost; what this request has sent is not. */
  function isTyped(place, sent = new Map()) {
    return all(FIELD, place)
      .filter((field) => field.form && !field.matches("[type=search], [type=submit], [type=button], [type=file]"))
      .some((field) =>
        sent.has(field) ? valueOf(field) !== sent.get(field) : valueOf(field) !== savedValueOf(field) || "refused" in field.form.dataset
      );
  }

  // -- requests

  const pending = new Set();
  const records = new WeakMap();
  let waiters = [];
  let current = null;
  let asked = {};

  const isSaving = () => [...pending].some((record) => record.verb !== "get");

  function whenSaved(then) {
    if (isSaving()) waiters = [then];
    else then();
  }

  function fieldsSent(element) {
    if (element.matches("[data-saves]")) return all(FIELD, element); // a row of cells, each of which belongs to one form
    const form = element.matches("form") ? element : (element.form ?? element.closest("form"));
    return form ? [...form.elements].filter((field) => field.matches(FIELD)) : element.matches(FIELD) ? [element] : [];
  }

  function onSend(event) {
    const { elt, xhr, requestConfig, pathInfo } = event.detail;
    const submitter = requestConfig.triggeringEvent?.submitter;
    const before = requestConfig.again;
    const record = {
      elt,
      xhr,
      verb: requestConfig.verb,
      path: pathInfo.requestPath,
      values: [...requestConfig.formData.entries()],
      button: before?.button ?? submitter ?? (elt.matches("button, a, [type=submit]") ? elt : null),
      submits: elt.matches("form, button, a, [type=submit]"),
      panel: panelOf(elt),
      row: rowOf(elt),
      quiet: Boolean(elt.closest("[data-quiet]")),
      signsIn: Boolean(elt.closest("#sign-in-again")) || requestConfig.target?.closest("#sign-in-again"),
      sent: before?.sent ?? new Map(fieldsSent(elt).map((field) => [field, valueOf(field)])),
    };
    records.set(xhr, record);
    xhr.addEventListener("abort", () => (record.aborted = true));
    xhr.addEventListener("loadend", () => finish(record));
    if (record.quiet) return;
    pending.add(record);
    mark(record, true);
    record.timers = [setTimeout(showBusy, 300), setTimeout(showStill, 3000)];
  }

  function mark(record, busy) {
    const set = (element, name) => (busy ? element.setAttribute(name, "true") : element.removeAttribute(name));
    if (record.button) {
      set(record.button, "aria-busy");
      set(record.button, "aria-disabled");
    }
    if (record.row && record.verb !== "get") set(record.row, "aria-busy");
  }

  function showBusy() {
    if (byId("busy")) byId("busy").hidden = false;
  }

  function showStill() {
    const text = byId("busy")?.dataset.still;
    if (!text) return;
    const line = document.createElement("p");
    line.textContent = text;
    byId("busy").replaceChildren(line);
    say(text);
  }

  function hideBusy() {
    if (pending.size || !byId("busy")) return;
    byId("busy").hidden = true;
    byId("busy").replaceChildren();
  }

  function finish(record) {
    pending.delete(record);
    record.timers?.forEach(clearTimeout);
    if (!record.quiet) mark(record, false);
    hideBusy();
    const { status } = record.xhr;
    const answered = (status >= 200 && status < 400) || status === 409 || status === 422;
    if (record.aborted) return;
    if (answered) takeAnswer(record, status);
    else if (status === 401 && !record.signsIn) askToSignIn(record);
    else if (!record.quiet) showFailure(record);
    const next = waiters;
    if (record.verb === "get") return;
    waiters = [];
    if (answered && status < 400) next.forEach(whenSaved);
  }

  function takeAnswer(record, status) {
    const saved = status < 400 && record.verb !== "get";
    const wanted = asked;
    asked = {};
    if (saved) for (const [field, value] of record.sent) markSaved(field, value);
    if (!record.quiet) seen();
    settleRows();
    settleLists(record);
    if (status >= 400) for (const form of all("form:has([aria-invalid=true])")) form.dataset.refused = "";
    for (const field of all("input[data-stored]")) setStored(field);
    if (wanted.open) {
      const row = rowOf(first(wanted.open));
      if (row) toggleRow(row, true);
    }
    const filled = openPanels().find((panel) => record.panels && !record.panels.has(panel.firstElementChild));
    if (filled) keepOpener(filled, record);
    if (saved && !filled && record.submits && isUntouched(record)) close(record.panel);
    const there = wanted.focus && first(wanted.focus);
    if (there && there === active()) there.scrollIntoView({ block: "nearest" }); // what is typed there already is not chosen
    else if (there) focusOn(there);
    else if (filled && (record.submits || active() === body)) focusIn(filled);
    else putFocusBack(record.focus);
    keepInSight();
    if (wanted.signedIn) signedIn(wanted.signedIn);
    else if (record.signsIn && status < 400) readSignIn();
  }

  /** Whether the panel that sent it stands as before, with nothing typed since. */
  function isUntouched({ panel, panels }) {
    return Boolean(panel?.isConnected && panels?.has(panel.firstElementChild) && !isTyped(panel));
  }

  function markSaved(field, value) {
    if (valueOf(field) === value) setSaved(field);
    if (field.form) delete field.form.dataset.refused;
  }

  function keepOpener(panel, record) {
    if (record.panel && openers.has(record.panel)) openers.set(panel, openers.get(record.panel));
    else if (!record.panel) openers.set(panel, record.button ?? record.elt);
  }

  // -- focus: where it was; else in its row, the next row, the page

  let lastInMain = "";

  function whereFocusIs() {
    const at = active();
    if (at === body) return null;
    const row = rowOf(at);
    const rows = row ? rowsOf(row.parentElement) : [];
    const place = rows.indexOf(row);
    const near = row ? [row, ...rows.slice(place + 1), ...rows.slice(0, place).reverse()] : [];
    const opener = panelOf(at) && openers.get(panelOf(at));
    return { ids: [at.id, opener?.id, at.closest("main") ? "" : lastInMain].filter(Boolean), rows: near.map((other) => other.id).filter(Boolean) };
  }

  function putFocusBack(before) {
    if (active() !== body) return;
    if (topDialog()) return focusIn(topDialog());
    if (!before) return;
    const inRow = before.rows.map(byId).find((row) => row && isShown(row));
    const candidates = [...before.ids.map(byId), inRow && leadOf(inRow), first("main [data-focus]"), first("main h1"), main];
    const found = candidates.find((element) => element && isShown(element));
    if (found) focusOn(found, { preventScroll: true });
  }

  /** The last message lies over the foot of the page: what has the focus, and its form, come out from under it. */
  function keepInSight() {
    const foot = first("#say .toast")?.getBoundingClientRect().top ?? innerHeight;
    root.style.scrollPaddingBottom = foot < innerHeight ? `${innerHeight - foot + 8}px` : "";
    const at = active();
    if (foot >= innerHeight || at === main || !at.closest("main")) return;
    for (const place of [panelOf(at), at])
      if (place && place.getBoundingClientRect().bottom > foot) place.scrollIntoView({ block: "nearest" });
  }

  function onBeforeSwap(event) {
    const { detail } = event;
    current = records.get(detail.xhr) ?? null;
    if (!current) return;
    current.focus ??= whereFocusIs();
    current.panels ??= new Set(openPanels().map((panel) => panel.firstElementChild));
    const style = detail.swapOverride ?? current.elt.closest("[hx-swap]")?.getAttribute("hx-swap") ?? "innerHTML";
    if (detail.shouldSwap && /^(inner|outer)/.test(style) && isTyped(detail.target, current.sent)) {
      detail.swapOverride = "none";
      detail.target.dataset.stale = "";
    }
  }

  function onBeforeOob(event) {
    const { target } = event.detail;
    if (isTyped(target, current?.sent)) {
      event.detail.shouldSwap = false;
      target.dataset.stale = "";
    } else delete target.dataset.stale;
  }

  // -- failures, and sending again

  function showFailure(record) {
    const template = (record.verb === "get" && byId("t-not-loaded")) || byId("t-not-saved");
    const dialog = topDialog();
    const place = dialog ?? byId("alert");
    if (!template || !place) return;
    all("[data-failed]", place).find((note) => note.failed.elt === record.elt)?.remove();
    const note = document.createElement("div");
    note.dataset.failed = "";
    note.failed = record;
    if (dialog) note.setAttribute("role", "alert");
    note.append(template.content.cloneNode(true));
    place.prepend(note);
  }

  function again(record) {
    const alive = record.elt.isConnected;
    const source = alive ? record.elt : body;
    sendingAgain.set(source, record);
    htmx.ajax(record.verb, record.path, alive ? { source } : { source, target: body, swap: "none" }).catch(() => {});
  }

  const sendingAgain = new WeakMap();

  /** The same parameters, with the request's key, and the token of now. */
  function onConfigure(event) {
    const { elt, formData, verb, path } = event.detail;
    const record = sendingAgain.get(elt);
    if (record?.verb !== verb || record.path !== path) return;
    sendingAgain.delete(elt);
    event.detail.again = record;
    for (const name of [...formData.keys()]) formData.delete(name);
    for (const [name, value] of record.values) formData.append(name, name === "csrfmiddlewaretoken" ? token || value : value);
  }

  // -- the session: it ends in sight, and signing in lies over the page

  let token = "";
  let lost = [];
  let lastSeen = Date.now();
  let touched = false;
  let staying = false;
  let ended = false;
  const others = new BroadcastChannel("desk");

  function seen() {
    lastSeen = Date.now();
    touched = staying = ended = false;
    others.postMessage("seen");
  }

  others.onmessage = () => {
    lastSeen = Date.now();
    ended = false;
  };

  function askToSignIn(record) {
    const dialog = byId("sign-in-again");
    if (!dialog) return record && showFailure(record);
    if (record && !record.quiet) lost.push(record);
    if (dialog.open) return;
    byId("session-ends")?.close();
    dialog.showModal();
    const place = first("[data-body]", dialog) ?? dialog;
    if (first("form", place)) return focusIn(place);
    htmx
      .ajax("GET", dialog.dataset.url, { target: place, swap: "innerHTML" })
      .then(() => focusIn(place))
      .catch(() => {});
  }

  function readSignIn() {
    const meta = first("#sign-in-again meta[name=csrf-token]");
    if (meta) signedIn({ token: meta.content, account: meta.dataset.account });
  }

  function signedIn(answer) {
    if (answer.account !== undefined && String(answer.account) !== body.dataset.account) return location.reload();
    token = answer.token;
    body.setAttribute("hx-headers", JSON.stringify({ ...JSON.parse(body.getAttribute("hx-headers") || "{}"), "X-CSRFToken": token }));
    for (const field of all("input[name=csrfmiddlewaretoken]")) field.value = token;
    const dialog = byId("sign-in-again");
    (first("[data-body]", dialog) ?? dialog).replaceChildren();
    dialog.close();
    const requests = lost;
    lost = [];
    requests.forEach(again);
  }

  function stay() {
    const dialog = byId("session-ends");
    if (dialog?.open) dialog.close();
    if (staying || !dialog?.dataset.stay) return;
    staying = true;
    htmx.ajax("POST", dialog.dataset.stay, { source: dialog, swap: "none" }).catch(() => (touched = staying = false));
  }

  function stayByKey(event) {
    if (event.target.closest("[data-leave]") && ["Enter", " ", "Tab"].includes(event.key)) return;
    event.preventDefault();
    stay();
  }

  /** Each second: two minutes before the end it is said, unless somebody works here. */
  function watchSession() {
    const dialog = byId("session-ends");
    const left = Math.ceil(Number(body.dataset.idle) - (Date.now() - lastSeen) / 1000);
    if (!dialog || ended || !Number.isFinite(left)) return;
    if (left > 120) return dialog.open && dialog.close();
    if (left <= 0) {
      ended = true;
      dialog.close();
      return askToSignIn(null);
    }
    if (touched && !dialog.open) return stay();
    if (!dialog.open && !byId("sign-in-again")?.open) dialog.showModal();
    const place = first("[data-countdown]", dialog);
    if (place) place.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  }

  // -- lists to choose from: the focus stays in the field

  const lists = new WeakMap();
  const answers = new WeakMap();
  let resting;
  const isBox = (element) => element.matches("[role=combobox][aria-controls]");
  const listOf = (box) => byId(box.getAttribute("aria-controls"));
  const optionsOf = (box) => (listOf(box) ? all("[role=option]", listOf(box)).filter(isShown) : []);
  const isListOpen = (element) => isBox(element) && element.getAttribute("aria-expanded") === "true";
  const chosen = (box) => optionsOf(box).find((option) => option.getAttribute("aria-selected") === "true");

  const picked = new WeakMap();
  const shut = new WeakSet(); // by Escape: an answer that comes late does not open it again
  const contentOf = (option) => option.dataset.href ?? option.dataset.value ?? option.textContent;

  function choose(box, option) {
    picked.set(box, option && contentOf(option));
    for (const other of optionsOf(box)) other.setAttribute("aria-selected", String(other === option));
    if (option) {
      box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else box.removeAttribute("aria-activedescendant");
  }

  function showList(box) {
    const list = listOf(box);
    list.hidden = false;
    box.setAttribute("aria-expanded", String(optionsOf(box).length > 0));
  }

  /** Whether there was something to close; a list that belongs to the page stays. */
  function hideList(box) {
    const list = listOf(box);
    if (!list) return false;
    const had = !list.hidden && (!list.hasAttribute("data-stays") || Boolean(chosen(box)));
    choose(box, null);
    if (list.hasAttribute("data-stays")) return had;
    box.setAttribute("aria-expanded", "false");
    list.hidden = true;
    return had;
  }

  function nameOptions(box) {
    const list = listOf(box);
    all("[role=option]", list).forEach((option, at) => {
      option.id ||= `${list.id}-${at + 1}`;
      if (!option.hasAttribute("aria-selected")) option.setAttribute("aria-selected", "false");
      if (option.matches("button, a")) option.tabIndex = -1;
    });
    const already = all("[role=option]", list).find((option) => option.getAttribute("aria-selected") === "true");
    if (already) box.setAttribute("aria-activedescendant", already.id);
    else box.removeAttribute("aria-activedescendant");
  }

  /** After a swap: new options are shown, and counted aloud when typing rests. */
  function settleLists(record) {
    for (const box of all("[role=combobox][aria-controls]")) {
      const list = listOf(box);
      if (!list || lists.get(list) === list.firstElementChild) continue;
      lists.set(list, list.firstElementChild);
      nameOptions(box);
      answers.set(list, record?.sent.get(box) ?? box.value);
      if ((active() === box && !shut.has(box)) || list.hasAttribute("data-stays")) showList(box);
      const still = picked.get(box) && optionsOf(box).find((option) => contentOf(option) === picked.get(box));
      if (still) choose(box, still); // an answer that comes late takes nothing out of hand
      if (active() !== box || !record) continue;
      clearTimeout(resting);
      resting = setTimeout(() => sayCount(list), 700);
    }
  }

  function sayCount(list) {
    const count = first("[data-count]", list);
    say(list.dataset.count || count?.dataset.count || count?.textContent.trim());
  }

  function take(box, option) {
    if (actions.has(option)) return actions.get(option)();
    if (option.dataset.href) return location.assign(option.dataset.href);
    hideList(box);
    if (option.dataset.value === undefined) return (option.matches("button, a") ? option : first("button, a", option))?.click();
    box.value = option.dataset.value;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function onListKey(event) {
    const box = event.target;
    if (!isBox(box) || !listOf(box) || event.altKey || event.ctrlKey || event.metaKey) return false;
    const options = optionsOf(box);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isListOpen(box)) showList(box);
      const shown = optionsOf(box);
      const at = shown.indexOf(chosen(box));
      const to = event.key === "ArrowDown" ? at + 1 : at < 0 ? shown.length - 1 : at - 1;
      choose(box, shown[to] ?? null);
      return true;
    }
    if (event.key !== "Enter") return false;
    const exact = answers.get(listOf(box)) === box.value ? options.filter((option) => "exact" in option.dataset) : [];
    const option = (isListOpen(box) && chosen(box)) || (exact.length === 1 ? exact[0] : null);
    if (!option) {
      hideList(box);
      return false;
    }
    event.preventDefault();
    take(box, option);
    return true;
  }

  function onInput(event) {
    const box = event.target;
    shut.delete(box);
    clearTimeout(resting);
    if (!isBox(box) || !listOf(box)) return;
    if (box.closest("#palette")) fillPalette();
    else if (!box.value) hideList(box);
    else if (answers.get(listOf(box)) === box.value) showList(box);
    else choose(box, null);
  }

  function onLeave(event) {
    const box = event.target;
    if (isBox(box) && !box.closest("#palette") && !listOf(box)?.contains(event.relatedTarget)) hideList(box);
  }

  // -- the overlay of keys, and the palette: both are read from the page

  const groupOf = (element) => (rowOf(element) ? "row" : element.closest("main") ? "page" : "everywhere");

  function keyText(element) {
    const shown = first("kbd", element) ?? (isField(element) ? first(":scope > kbd", element.parentElement) : null);
    return shown?.textContent.trim() || keysOf(element).join(", ").replaceAll("Control+", "Ctrl ");
  }

  /** Everything on the page that has a key, a key once in a group; the row in hand comes first. */
  function shortcuts() {
    const row = rowOf(active()) ?? openRow();
    const found = all("[aria-keyshortcuts]").filter((element) => !element.closest("dialog, [data-panel]") && isReachable(element));
    found.sort((one, other) => Number(rowOf(other) === row && Boolean(row)) - Number(rowOf(one) === row && Boolean(row)));
    const once = new Map();
    for (const element of found) {
      const id = `${groupOf(element)} ${keysOf(element).join(" ")}`;
      if (!once.has(id)) once.set(id, element);
    }
    return [...once.values()];
  }

  function line(tag, element) {
    const item = document.createElement(tag);
    const name = document.createElement("span");
    name.textContent = nameOf(element);
    item.append(name);
    if (element.hasAttribute("aria-keyshortcuts")) {
      const key = document.createElement("kbd");
      key.textContent = keyText(element);
      item.append(" ", key);
    }
    return item;
  }

  function showKeys() {
    const dialog = byId("keys");
    if (!dialog || dialog.open || topDialog()) return dialog?.open && dialog.close();
    const elements = shortcuts();
    for (const group of all("[data-group]", dialog)) {
      const list = first("ul", group);
      all("[data-filled]", list).forEach((item) => item.remove());
      for (const element of elements.filter((other) => groupOf(other) === group.dataset.group)) {
        const item = line("li", element);
        item.dataset.filled = "";
        list.append(item);
      }
      group.hidden = !list.children.length;
    }
    if (byId("letters")) byId("letters").checked = root.dataset.keys !== "off";
    dialog.showModal();
  }

  function switchLetters(box) {
    root.dataset.keys = box.checked ? "on" : "off";
    if (!box.dataset.url) return;
    htmx.ajax("POST", box.dataset.url, { source: box, values: { letters: root.dataset.keys }, swap: "none" }).catch(() => {});
  }

  const actions = new WeakMap();
  const plainly = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  let offered = [];

  function showPalette() {
    const dialog = byId("palette");
    if (!dialog || dialog.open || topDialog()) return dialog?.open && dialog.close();
    const row = rowOf(active()) ?? openRow();
    const here = shortcuts().filter((element) => !element.matches("#q") && (!rowOf(element) || rowOf(element) === row));
    offered = [...here, ...all("a[data-palette]")];
    first("input", dialog).value = "";
    dialog.showModal();
    fillPalette();
    first("input", dialog).focus();
  }

  function fillPalette() {
    const dialog = byId("palette");
    const box = first("input", dialog);
    const words = plainly(box.value.trim()).split(/\s+/).filter(Boolean);
    const isNumber = /^[a-z]{0,4}-?\d[\d-]*$/i.test(box.value.trim());
    const options = offered.filter((element) => words.every((word) => plainly(nameOf(element)).includes(word))).map(paletteOption);
    if (words.length && (isNumber || !options.length)) options.unshift(searchOption(dialog, box.value.trim()));
    listOf(box).replaceChildren(...options);
    nameOptions(box);
    showList(box);
    choose(box, options[0] ?? null);
  }

  function paletteOption(element) {
    const option = line("div", element);
    option.setAttribute("role", "option");
    actions.set(option, () => {
      byId("palette").close();
      activate(element);
    });
    return option;
  }

  function searchOption(dialog, text) {
    const option = document.createElement("div");
    option.setAttribute("role", "option");
    option.textContent = dialog.dataset.search.replace("{}", text);
    actions.set(option, () => {
      dialog.close();
      byId("q").value = text;
      byId("q").form.requestSubmit();
    });
    return option;
  }

  // -- what is clicked

  /** What was refused is mended first, before what stands on it is moved about or goes out. */
  function isUnmended() {
    const field = first("[data-saves] [aria-invalid=true]", main ?? body);
    if (!field) return false;
    focusOn(field);
    say(whyOff(field));
    return true;
  }

  /** First of all: what is off, or already on its way, does nothing. */
  function onClickBefore(event) {
    touched = true;
    const waits = event.target.closest?.(WAITS);
    if (waits && (isSaving() || isUnmended())) {
      event.preventDefault();
      if (isSaving()) waiters = [() => byId(waits.id) && activate(byId(waits.id))]; // drawn anew, as it is then
      return event.stopImmediatePropagation();
    }
    const off = event.target.closest?.("[aria-disabled=true]");
    if (!off) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (off.getAttribute("aria-busy") !== "true") say(whyOff(off));
  }

  function onClick(event) {
    const { target } = event;
    const option = target.closest("[role=option]");
    const box = option && all("[role=combobox][aria-controls]").find((other) => listOf(other)?.contains(option));
    const row = rowOf(target.closest(".lead[aria-controls]"));
    const failed = target.closest("[data-failed]");
    if (byId("session-ends")?.open && !target.closest("[data-leave]")) stay();
    else if (target.closest("[data-dialog=keys]")) showKeys();
    else if (target.closest("[data-dialog=palette]")) showPalette();
    else if (failed && target.closest("[data-again], [data-close]")) {
      failed.remove();
      if (target.closest("[data-again]")) again(failed.failed);
      else main?.focus({ preventScroll: true });
    } else if (target.closest("[data-close]")) close(target.closest("[data-panel], dialog"));
    else if (box && target.closest("button, a")) hideList(box);
    else if (box) take(box, option);
    else if (row && moreOf(row)) toggleRow(row);
  }

  function onFocus(event) {
    keepInSight();
    if (event.target.closest("main") && event.target.id) lastInMain = event.target.id;
    const row = rowOf(event.target);
    if (row?.parentElement.matches("[data-rows]") && leadOf(row) === event.target) rove(row.parentElement);
  }

  /** Where a page begins, unless it says so itself: what is missing, the open or first row, the heading. */
  function beginFocus() {
    if (active() !== body || first("[autofocus]") || location.hash || matchMedia("(pointer: coarse)").matches) return;
    const lead = first("table[data-rows] .lead[tabindex='0']");
    const place = [first("main [data-focus]"), lead, first("main h1")].find((element) => element && isShown(element));
    if (place) focusOn(place, { preventScroll: true });
  }

  /** A panel that was asked for by its own address: its button is pressed. */
  function openAsked() {
    const url = new URL(location.href);
    const asked = url.searchParams.get("open");
    if (!asked) return;
    url.searchParams.delete("open");
    history.replaceState(history.state, "", url);
    const opener = all("main button[hx-get]").find((button) => button.getAttribute("hx-get") === asked);
    if (opener) activate(opener);
  }

  /** What was typed and left before anything listened is saved now; what the browser has filled in again is not. */
  function saveTypedBefore() {
    for (const field of all(FIELD, main ?? body).filter((field) => field.matches(":user-valid, :user-invalid"))) {
      if (valueOf(field) !== savedValueOf(field)) field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  function begin() {
    if (main) main.tabIndex = -1;
    const wanted = rowOf(byId(new URL(location.href).searchParams.get("row")));
    if (wanted) opened.add(wanted.id);
    settleRows();
    settleLists(null);
    document.addEventListener("DOMContentLoaded", openAsked); // htmx listens from then on
    document.addEventListener("DOMContentLoaded", saveTypedBefore);
    beginFocus();
    setInterval(watchSession, 1000);
  }

  document.addEventListener("keydown", onKeydown);
  document.addEventListener("click", onClickBefore, true);
  document.addEventListener("click", onClick);
  document.addEventListener("mousedown", (event) => event.target.closest("[role=option]") && event.preventDefault());
  document.addEventListener("input", onInput);
  document.addEventListener("focusin", onFocus);
  document.addEventListener("focusout", onLeave);
  document.addEventListener("change", (event) => event.target.matches("#letters") && switchLetters(event.target));
  // What was typed and is not sent yet is asked about before the page goes; a form that is sent takes it along.
  let leaving = false;
  document.addEventListener("submit", () => (leaving = true));
  document.addEventListener("htmx:configRequest", () => (leaving = false));
  document.addEventListener("htmx:beforeOnLoad", (event) => (leaving = Boolean(event.detail.xhr.getResponseHeader("HX-Redirect"))));
  addEventListener("beforeunload", (event) => !leaving && isTyped(document) && event.preventDefault());
  document.addEventListener("htmx:configRequest", onConfigure);
  document.addEventListener("htmx:beforeSend", onSend);
  document.addEventListener("htmx:beforeSwap", onBeforeSwap);
  document.addEventListener("htmx:oobBeforeSwap", onBeforeOob);
  document.addEventListener("desk:focus", (event) => (asked.focus = event.detail.value));
  document.addEventListener("desk:open", (event) => (asked.open = event.detail.value));
  document.addEventListener("desk:signed-in", (event) => (asked.signedIn = event.detail));
  begin();
})();

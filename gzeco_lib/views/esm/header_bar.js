// The bar of a page: bureau, page, time of data, language, light or dark, model drawer, who is logged in.
const svg = (d) => `<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${d}</svg>`;
const MOON = svg('<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z"/>');
const SUN = svg('<circle cx="12" cy="12" r="4"/><path d="M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5"/>');
const PALETTE = svg('<path d="M12 3a9 9 0 1 0 0 18c1.4 0 2-.9 2-1.9 0-1.5-1-1.6-1-2.6 0-.8.7-1.5 1.6-1.5H17a4 4 0 0 0 4-4c0-4.4-4-8-9-8z"/><circle cx="7.8" cy="12" r=".9"/><circle cx="10.5" cy="7.8" r=".9"/><circle cx="15.2" cy="8.2" r=".9"/>');
const MODEL = svg('<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>');

const node = (tag, className, text) => {
  const el = document.createElement(tag);
  if (className) el.className = className;
  if (text) el.textContent = text;
  return el;
};

export function render({model, el}) {
  const bar = node("header", "bar");
  const home = node("a", "home");
  const link = new URL("./", window.location.href);
  link.searchParams.set("lang", model.lang);
  home.href = link.href;
  home.append(node("span", "bureau", model.bureau));
  const page = node("span", "page", model.page_title);
  const time = node("span", "time");
  const show_time = () => { time.textContent = model.data_time; };
  show_time();
  model.on("data_time", show_time);

  const tools = node("div", "tools");
  const languages = node("nav", "languages");
  languages.setAttribute("aria-label", model.words.language);
  for (const [code, name] of Object.entries(model.languages)) {
    const a = node("a", code === model.lang ? "on" : "", name);
    a.lang = code === "zh" ? "zh-CN" : code;
    a.href = "#";
    if (code === model.lang) a.setAttribute("aria-current", "true");
    a.addEventListener("click", (event) => {
      event.preventDefault();
      const url = new URL(window.location.href);
      url.searchParams.set("lang", code);
      window.location.assign(url);
    });
    languages.append(a);
  }
  const theme = node("button", "icon");
  const paint = () => {
    document.body.className = model.dark ? "gz-dark" : "gz-light";
    theme.innerHTML = model.dark ? SUN : MOON;
    theme.title = model.dark ? model.words.light : model.words.dark;
    theme.setAttribute("aria-label", theme.title);
  };
  theme.addEventListener("click", () => { model.dark = !model.dark; });
  model.on("dark", paint);
  paint();
  // The norm's AQI colours or the ones anyone can tell apart: the page is drawn anew, as with a language.
  const palette = node("button", model.accessible ? "icon on" : "icon");
  palette.innerHTML = PALETTE;
  palette.title = model.accessible ? model.words.norm : model.words.accessible;
  palette.setAttribute("aria-label", palette.title);
  palette.setAttribute("aria-pressed", String(model.accessible));
  palette.addEventListener("click", () => {
    const url = new URL(window.location.href);
    url.searchParams.set("palette", model.accessible ? "norm" : "accessible");
    window.location.assign(url);
  });
  tools.append(languages, palette, theme);
  if (model.words.model) {
    const drawer = node("button", "labelled");
    drawer.innerHTML = MODEL;
    drawer.append(node("span", "", model.words.model));
    drawer.title = model.words.model;
    drawer.addEventListener("click", () => { model.opened += 1; });
    tools.append(drawer);
  }
  if (model.user) tools.append(node("span", "user", model.user));
  bar.append(home, page, time, tools);
  el.append(bar);
}

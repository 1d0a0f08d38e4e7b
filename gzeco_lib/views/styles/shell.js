// The waiting picture, the notice of a lost connection, and a redraw of canvas text once the web font is there.
(() => {
  const loading = document.getElementById("gz-loading");
  const lost = document.getElementById("gz-lost");
  const began = Date.now();
  const show_lost = () => { loading.hidden = true; lost.hidden = false; };
  const ready = () => {
    const roots = window.Bokeh?.index?.roots;
    return roots && roots[0] && roots[0].is_idle;
  };
  const look = () => {
    if (ready()) {
      loading.hidden = true;
      for (const doc of window.Bokeh.documents) {
        doc.on_event("connection_lost", show_lost);
      }
      document.fonts.load('400 12px "Noto Sans SC"', "广州").then(() => window.dispatchEvent(new Event("resize")));
      document.documentElement.dataset.ready = "true";
    } else if (Date.now() - began > 60000) {
      show_lost();
    } else {
      setTimeout(look, 50);
    }
  };
  look();
})();

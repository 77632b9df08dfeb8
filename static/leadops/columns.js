// The choices of each column are the same: they come with the page once, or a wide sheet would make a huge one.
"use strict";

(() => {
    const known = document.querySelector("template[data-known-columns]");
    for (const select of document.querySelectorAll("select[data-column]")) {
        const chosen = select.value;
        select.replaceChildren(known.content.cloneNode(true));
        select.value = chosen;
    }
})();

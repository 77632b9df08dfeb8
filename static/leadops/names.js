// Names what the theme's and Django's own scripts draw without one: choice boxes that search, and icons of filters.
"use strict";

(() => {
    function labelOf(select) {
        return select?.labels?.[0]?.innerText.trim() || select?.getAttribute("aria-label") || "";
    }

    function wordFor(name) {
        return document.getElementById("lo-words")?.dataset[name] || "";
    }

    function nameBox(box) {
        const name = labelOf(box.previousElementSibling);
        if (name) {
            box.querySelectorAll(".select2-selection, .select2-selection__rendered, .select2-search__field")
                .forEach((each) => each.setAttribute("aria-label", name));
        }
    }

    function nameAll() {
        document.querySelectorAll(".select2-container").forEach(nameBox);
        document.querySelectorAll("span.help-tooltip[aria-label]").forEach((each) => each.setAttribute("role", "img"));
        // What a box opens stands at the end of the page, and is open one at a time.
        const open = document.querySelector(".select2-container--open");
        const search = document.querySelector(".select2-dropdown .select2-search__field");
        if (open && search) {
            search.setAttribute("aria-label", labelOf(open.previousElementSibling) || wordFor("search"));
        }
    }

    document.addEventListener("DOMContentLoaded", () => {
        nameAll();
        new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
    });
})();

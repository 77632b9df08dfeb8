// Keys for the whole desk: / looks for something, g then a letter goes somewhere, j and k step through rows, ? tells.
// Single letters do nothing while one types, and can be switched off in the list of keys.
"use strict";

(() => {
    const OFF = "leadops.keys.off";
    const SOON = 1500; // milliseconds between g and its letter
    let went = 0;

    function dialog() {
        return document.getElementById("keys-dialog");
    }

    function isTyping(at) {
        return at.isContentEditable || at.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [role=combobox]");
    }

    function rows() {
        return [...document.querySelectorAll("#result_list tbody tr, [data-rows] > li")].filter((row) => row.querySelector("a[href]"));
    }

    function step(by) {
        const all = rows();
        const at = all.findIndex((row) => row.contains(document.activeElement));
        const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
        next?.querySelector("th a[href], a[href]").focus();
    }

    function find() {
        const box = document.getElementById("find");
        const seen = box && box.offsetParent !== null ? box : document.getElementById("search-text");
        if (seen) {
            seen.focus();
            seen.select();
        } else {
            document.querySelector(".lo-find-phone")?.click();
        }
    }

    function go(letter) {
        const there = dialog()?.querySelector(`a[data-go="${letter}"]`);
        if (there) {
            location.assign(there.href);
        }
        return Boolean(there);
    }

    function pressed(event) {
        const asked = Date.now() - went < SOON;
        went = 0;
        if (asked && go(event.key)) {
            return true;
        }
        switch (event.key) {
        case "/": find(); return true;
        case "?": dialog()?.showModal(); return true;
        case "g": went = Date.now(); return true;
        case "j": step(1); return true;
        case "k": step(-1); return true;
        default: return false;
        }
    }

    function isOff() {
        return localStorage.getItem(OFF) === "1";
    }

    function showSwitch(button) {
        button.setAttribute("aria-pressed", String(!isOff()));
        button.textContent = isOff() ? button.dataset.on : button.dataset.off;
    }

    document.addEventListener("keydown", (event) => {
        const at = event.target;
        const other = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented;
        // The list of decisions has keys of its own.
        if (other || !(at instanceof Element) || isTyping(at) || dialog()?.open || at.closest("[data-decisions]")) {
            return;
        }
        if ((!isOff() || event.key === "?") && pressed(event)) {
            event.preventDefault();
        }
    });

    document.addEventListener("DOMContentLoaded", () => {
        const button = document.getElementById("keys-switch");
        if (!button) {
            return;
        }
        showSwitch(button);
        button.addEventListener("click", () => {
            localStorage.setItem(OFF, isOff() ? "0" : "1");
            showSwitch(button);
        });
        document.getElementById("keys-open")?.addEventListener("click", () => dialog().showModal());
    });
})();

// Copies the text of an element to the clipboard. Without this script, or without a clipboard, the text can be selected.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    if (!navigator.clipboard) {
        return;
    }
    document.querySelectorAll("[data-copy]").forEach((button) => {
        button.hidden = false;
        button.addEventListener("click", async () => {
            try {
                await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
                button.textContent = button.dataset.copied;
            } catch {
                button.textContent = button.dataset.byHand;
            }
        });
    });
});

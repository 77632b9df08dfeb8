// Keeps somebody who types signed in, and says so a minute before the session of somebody who does nothing ends.
"use strict";

(() => {
    const LOOK = 1000;
    const WARNING = 60_000;
    const SLACK = 30_000; // the server notes every half minute that somebody is there

    document.addEventListener("DOMContentLoaded", () => {
        const form = document.getElementById("lo-session");
        if (!form) {
            return;
        }
        const idle = Number(form.dataset.idle) * 1000 - SLACK;
        let told = Date.now();
        let active = false;

        async function stay() {
            active = false;
            try {
                const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "error" });
                told = answer.ok ? Date.now() : told;
            } catch {
                // The network is away for a moment, or the session is over: the clock goes on.
            }
        }

        function look() {
            const quiet = Date.now() - told;
            if (active && quiet > idle / 3 && quiet < idle) {
                stay();
            }
            form.hidden = quiet < idle - WARNING;
            form.querySelector("[data-soon]").hidden = quiet >= idle;
            form.querySelector("[data-over]").hidden = quiet < idle;
            setTimeout(look, LOOK);
        }

        ["keydown", "pointerdown", "input"].forEach((each) => document.addEventListener(each, () => { active = true; }));
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            stay();
        });
        look();
    });
})();

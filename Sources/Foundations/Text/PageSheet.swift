/// The style sheet of every page for people: the server's own, and those of the development provider and the demo.
package enum PageSheet {
    /// CSS that loads nothing; light or dark as the browser is set, with contrasts of at least 4.5 to 1 in both.
    package static let css = """
        :root{color-scheme:light dark;--ink:#191e25;--quiet:#545d69;--paper:#fff;--ground:#f0f2f6;--line:#d8dde4;--edge:#7d8794;--chip:#eef1f5;
        --accent:#0b57d0;--on:#fff;--bad:#b3261e;--warn:#7a3b00;--warnbg:#fff3e0;--good:#0c6136;--goodbg:#e6f5ec}
        @media (prefers-color-scheme:dark){:root{--ink:#e8ebef;--quiet:#a5afba;--paper:#181c22;--ground:#0e1116;--line:#353d47;--edge:#78828e;
        --chip:#262d36;--accent:#8ab4f8;--on:#0b1a33;--bad:#ffa198;--warn:#ffc890;--warnbg:#302313;--good:#86dba8;--goodbg:#14291d}}
        *{box-sizing:border-box}
        body{margin:0;padding:2.5rem 1rem;background:var(--ground);color:var(--ink);
        font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
        body>*{max-width:34rem;margin:0 auto}
        main{background:var(--paper);border:1px solid var(--line);border-radius:1rem;padding:2rem}
        .site{display:flex;align-items:center;gap:.5rem;padding:0 .25rem .75rem;color:var(--quiet);font-size:.9rem}
        .logo{display:block;max-width:100%;max-height:2.5rem}
        @media (prefers-color-scheme:dark){.logo{background:#fff;padding:.25rem;border-radius:.35rem}}
        .foot{padding:.75rem .25rem;font-size:.9rem;color:var(--quiet)}.foot a{color:var(--accent)}
        svg{flex:none;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
        h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem;text-wrap:balance}
        h2{font-size:1.05rem;line-height:1.35;margin:1.75rem 0 .5rem}
        p{margin:.6rem 0}ul{list-style:none;margin:0;padding:0}li{padding:.5rem 0}li+li{border-top:1px solid var(--line)}
        .quiet,dt{color:var(--quiet)}.small{font-size:.9rem}
        code{font:.88em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
        li code,dd code,p code{background:var(--chip);border-radius:.35rem;padding:.1rem .35rem}
        dl{display:grid;grid-template-columns:minmax(6.5rem,max-content) 1fr;gap:.4rem 1.25rem;margin:.75rem 0}dd{margin:0}
        .who{display:flex;gap:1rem;align-items:center}.who p{margin:0}
        .mark{flex:none;width:3rem;height:3rem;border-radius:.8rem;background:var(--chip);display:grid;place-items:center;
        font-size:1.35rem;font-weight:700}
        .tone{width:3rem;height:3rem;border-radius:50%;display:grid;place-items:center;margin:0 0 1rem;
        background:var(--chip);color:var(--quiet)}
        .good{background:var(--goodbg);color:var(--good)}.bad{background:var(--warnbg);color:var(--warn)}
        .warn{display:flex;gap:.75rem;background:var(--warnbg);color:var(--warn);border-radius:.65rem;padding:.8rem 1rem;margin:1rem 0}
        .state{display:inline-block;border-radius:1rem;padding:.1rem .65rem;font-size:.9rem;font-weight:600}
        .item{border:1px solid var(--line);border-radius:.8rem;padding:1.1rem 1.25rem;margin:1rem 0}
        .item h2{margin:0;display:flex;flex-wrap:wrap;justify-content:space-between;gap:.25rem .75rem}
        .actions{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}.item .actions{margin-top:1rem}
        button,.button{flex:1 1 9rem;min-height:3rem;padding:.6rem 1rem;border:1px solid var(--edge);border-radius:.65rem;
        font:inherit;font-weight:600;background:none;color:var(--accent);cursor:pointer;text-decoration:none;
        display:inline-flex;align-items:center;justify-content:center;text-align:center}
        input:not([type=hidden],[type=checkbox],[type=radio]),select{display:block;width:100%;min-height:3rem;padding:.5rem .75rem;margin:.25rem 0;
        border:1px solid var(--edge);border-radius:.65rem;font:inherit;background:var(--paper);color:var(--ink)}
        .box{display:inline-flex;align-items:center;gap:.6rem;min-width:2.75rem;min-height:2.75rem}
        .box input{flex:none;width:1.25rem;height:1.25rem;margin:0;accent-color:var(--accent)}
        .main{background:var(--accent);border-color:var(--accent);color:var(--on)}.end{color:var(--bad)}
        .column>*{flex-basis:100%}.item button{flex:0 1 auto;min-height:2.75rem;padding:.4rem 1rem}
        button:hover,.button:hover{border-color:currentColor}
        :focus-visible{outline:3px solid var(--accent);outline-offset:2px}
        @media (max-width:36rem){body{padding:0;background:var(--paper)}main{border:0;border-radius:0;padding:.5rem 1.25rem 2rem}
        .site,.foot{padding:1rem 1.25rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}
        .who{align-items:flex-start}.item button{flex:1 1 auto}}
        """
}

import { INK, PALETTE } from './palette.ts';

/** The page's looks: light, one column, fit for a screen and for A4. */
export const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #f4f6f8; color: ${INK.text};
  font: 15px/1.55 Inter, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
main { max-width: 1040px; margin: 0 auto; padding: 40px 32px 56px; }
header { display: flex; justify-content: space-between; align-items: flex-end; gap: 24px;
  border-bottom: 2px solid ${INK.text}; padding-bottom: 18px; margin-bottom: 26px; }
.brand { font-size: 13px; letter-spacing: .14em; text-transform: uppercase; color: ${INK.soft}; }
h1 { font-size: 31px; line-height: 1.2; letter-spacing: -.015em; margin: 4px 0 0; font-weight: 650; }
h2 { font-size: 20px; letter-spacing: -.01em; margin: 40px 0 12px; font-weight: 650; }
h3 { font-size: 15px; margin: 0 0 10px; font-weight: 600; }
h3 small, h2 small { font-weight: 400; color: ${INK.soft}; font-size: 13px; margin-left: 8px; letter-spacing: 0; }
.meta { text-align: right; color: ${INK.soft}; font-size: 13px; white-space: nowrap; }
.badges { margin-bottom: 6px; }
.badge { display: inline-block; margin-left: 6px; padding: 2px 9px; border-radius: 99px; font-size: 12px;
  font-weight: 650; letter-spacing: .06em; border: 1px solid currentColor; }
.badge.sim { color: #8a4b00; background: #fff4e0; }
.badge.paper { color: ${PALETTE[0]}; background: #eaf2fd; }
.badge.live { color: ${INK.loss}; background: #fdecea; }
.badge.sofar { color: ${INK.soft}; background: #fff; }
.notice { background: #fff8ec; border-left: 3px solid #e08a00; padding: 10px 14px; border-radius: 0 6px 6px 0;
  margin: 0 0 22px; font-size: 14px; }
.card { background: #fff; border: 1px solid #e3e8ed; border-radius: 10px; padding: 20px 22px; margin: 0 0 16px;
  break-inside: avoid; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 0 0 16px; }
.figure { background: #fff; border: 1px solid #e3e8ed; border-radius: 10px; padding: 14px 16px; break-inside: avoid; }
.figure dt { color: ${INK.soft}; font-size: 12.5px; }
.figure dd { margin: 2px 0 0; font-size: 22px; font-weight: 620; letter-spacing: -.015em; line-height: 1.25; }
.figure dd small { display: block; font-size: 12.5px; font-weight: 400; color: ${INK.soft}; letter-spacing: 0; }
.gain { color: ${INK.gain}; } .loss { color: ${INK.loss}; } .soft { color: ${INK.soft}; }
svg { display: block; width: 100%; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th { text-align: left; color: ${INK.soft}; font-weight: 500; font-size: 12.5px; border-bottom: 1px solid ${INK.rule};
  padding: 4px 12px 7px 0; white-space: nowrap; }
td { border-bottom: 1px solid ${INK.hair}; padding: 7px 12px 7px 0; vertical-align: top; }
tr:last-child td { border-bottom: 0; }
tr { break-inside: avoid; }
th.n, td.n { text-align: right; white-space: nowrap; }
td.n + td:not(.n), th.n + th:not(.n) { padding-left: 14px; }
th:last-child, td:last-child { padding-right: 0; }
td.w { white-space: nowrap; }
td.reason { color: ${INK.soft}; overflow-wrap: anywhere; }
.side { font-weight: 600; }
.bar { display: inline-block; width: 90px; height: 6px; border-radius: 3px; background: ${INK.hair}; vertical-align: middle;
  margin-right: 8px; overflow: hidden; }
.bar i { display: block; height: 100%; background: ${PALETTE[2]}; }
.empty { color: ${INK.soft}; margin: 0; }
footer { margin-top: 36px; padding-top: 14px; border-top: 1px solid ${INK.rule}; color: ${INK.soft}; font-size: 12.5px; }
@media (max-width: 640px) { header { display: block; } .meta { text-align: left; margin-top: 12px; }
  .badge { margin: 0 6px 0 0; } main { padding: 24px 16px; } }
@page { size: A4; margin: 12mm 11mm; }
@media print { body { background: #fff; font-size: 12.5px; } main { padding: 0; max-width: none; }
  .figures { grid-template-columns: repeat(5, 1fr); gap: 8px; } .figure { padding: 10px 12px; } .figure dd { font-size: 17px; }
  h2 { break-after: avoid; } .card, .figure { border-color: ${INK.rule}; } }
`;

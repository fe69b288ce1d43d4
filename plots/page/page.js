// SPDX-License-Identifier: MIT
//
// What the reader chose stands behind the # of the address: a change writes
// it there, and the page shows what stands there. Every figure comes from
// Python as a text; this script looks it up, draws it, sorts and filters.
'use strict';

const DATA = JSON.parse(document.getElementById('data').textContent);
const byId = (id) => document.getElementById(id);
const all = (css, root = document) => [...root.querySelectorAll(css)];

function make(tag, attributes = {}, ...children) {
  const isPicture = ['svg', 'line', 'circle', 'rect', 'text'].includes(tag);
  const element = isPicture ?
      document.createElementNS('http://www.w3.org/2000/svg', tag) :
      document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// --- the address -----------------------------------------------------------

const CONTROLS = all('select[data-key]');
const TABLES = all('table.sorted').map((table) => ({
  table,
  key: `sort-${table.id}`,
  heads: all('thead th', table),
  body: table.tBodies[0],
  rows: [...table.tBodies[0].rows],
  count: table.closest('details')?.querySelector('.count'),
}));
const DEFAULTS = Object.fromEntries([
  ...CONTROLS.map((control) => {
    const chosen = control.querySelector('[selected]') ?? control.options[0];
    return [control.dataset.key, chosen.value];
  }),
  ...TABLES.map(({key}) => [key, '']),
]);

function isKnown(key, value) {
  const sorted = TABLES.find((table) => table.key === key);
  if (sorted) {
    const column = Math.abs(Number(value));
    return Number.isInteger(column) && column >= 1 &&
        column <= sorted.heads.length;
  }
  const control = CONTROLS.find(({dataset}) => dataset.key === key);
  return [...control?.options ?? []].some((option) => option.value === value);
}

/** What the address says, without what this page does not know. */
function chosen() {
  const said = [...new URLSearchParams(location.hash.slice(1))];
  return {
    ...DEFAULTS,
    ...Object.fromEntries(said.filter(([key, value]) => isKnown(key, value))),
  };
}

function choose(changes) {
  const next = Object.entries({...chosen(), ...changes})
      .filter(([key, value]) => value !== DEFAULTS[key]);
  const said = new URLSearchParams(next).toString();
  // An empty # would scroll to the top.
  const {pathname, search} = location;
  history.pushState(null, '', said ? `#${said}` : pathname + search);
  show();
}

function show() {
  const state = chosen();
  for (const control of CONTROLS) control.value = state[control.dataset.key];
  if (byId('pair')) showPair(state);
  showGuest(state);
  TABLES.forEach((table) => showTable(table, state));
}

// --- two structures --------------------------------------------------------

const SAID = {
  faster: 'faster',
  slower: 'slower',
  'none shown': 'no difference shown',
  'not enough rounds': 'not enough rounds',
};

function wordOf(mark, median) {
  if (mark === '*') return median < 1 ? 'faster' : 'slower';
  return mark === '~' ? 'none shown' : 'not enough rounds';
}

/** An entry is mark, median and bounds, as texts: "*", "2", "[1,", "3]". */
function parsed(entry) {
  if (!entry) return null;
  const [mark, median, low, high] = entry;
  return {
    text: `${mark} ${median} `,
    bounds: `${low} ${high}`,
    mark,
    word: wordOf(mark, Number(median)),
    median: Number(median),
    low: Number(low.slice(1, -1)),
    high: Number(high.slice(0, -1)),
  };
}

const TICKS = [];
for (let power = -9; power <= 9; ++power) {
  for (const digit of [1, 2, 5]) TICKS.push(Number(`${digit}e${power}`));
}

/** From a ratio to percent of the width, and the ticks to label. */
function scaleOf(ratios) {
  const values = ratios.flatMap(({low, high}) => [low, high])
      .filter((value) => value > 0 && Number.isFinite(value));
  const from = Math.log(Math.min(0.8, ...values)) - 0.15;
  const to = Math.log(Math.max(1.25, ...values)) + 0.15;
  const at = (value) => 100 * (Math.log(value) - from) / (to - from);
  const x = (value) => `${Math.min(100, Math.max(0, at(value))).toFixed(2)}%`;
  let ticks = TICKS.filter((tick) => at(tick) > 3 && at(tick) < 97);
  if (ticks.length > 7) {
    ticks = ticks.filter((tick) => /^1(e|0*$)|^0\.0*1$/.test(String(tick)));
  }
  return {x, ticks};
}

function axis({x, ticks}) {
  return make(
      'svg', {class: 'axis', 'aria-hidden': 'true'},
      ...ticks.map((tick) => make('text', {x: x(tick), y: '75%'}, `${tick}`)));
}

function drawn({x, ticks}, ratio, noise) {
  const parts = ticks.map((tick) => make('line', {
    x1: x(tick), x2: x(tick), y1: '0', y2: '100%',
    class: tick === 1 ? 'one' : 'tick',
  }));
  if (noise) {
    const [low, high] = noise.map(Number).map(x).map(parseFloat);
    parts.unshift(make('rect', {x: `${low}%`, width: `${high - low}%`,
                                y: '0', height: '100%', class: 'noise'}));
  }
  if (ratio) {
    parts.push(
        make('line', {x1: x(ratio.low), x2: x(ratio.high), y1: '50%',
                      y2: '50%', class: 'whisker'}),
        make('circle', {cx: x(ratio.median), cy: '50%', r: '5'}));
  }
  return make('svg', {class: 'ratio', 'aria-hidden': 'true'}, ...parts);
}

function showPair(state) {
  const [one, other] =
      [state.one, state.other].map((name) => DATA.names.indexOf(name));
  const rows = DATA.places
      .filter(({time, fault}) => time === state.time && fault === state.fault)
      .map((place) => ({
        ...place,
        ratio: parsed(place.pairs[one][other]),
        both: [place.times[one], place.times[other]],
      }))
      .filter(({both}) => both.some(Boolean));
  const known = rows.map(({ratio}) => ratio).filter(Boolean);
  const scale = scaleOf(known);
  const unit = rows[0]?.unit ?? '';
  const head = (name, under, kind) => make(
      'th', {scope: 'col', class: kind}, name,
      make('span', {class: 'unit'}, under));
  byId('pair').replaceChildren(
      make('thead', {}, make(
          'tr', {}, head('guest', 'mean run, pages', ''),
          make('td', {class: 'chart'}, axis(scale)),
          head(`${state.one} / ${state.other}`, 'ratio of times', 'number'),
          make('th', {scope: 'col'}, 'difference'),
          head(state.one, unit, 'number'), head(state.other, unit, 'number'))),
      make('tbody', {}, ...rows.map((row) => pairRow(row, scale))));
  byId('verdict').textContent = summary(state, known);
}

function pairRow({guest, run, ratio, noise, both}, scale) {
  const word = ratio?.word ?? 'not compared';
  return make(
      'tr', {class: ratio?.mark === '*' ? word : 'open'},
      make('th', {scope: 'row'}, guest, make('span', {class: 'unit'}, run)),
      make('td', {class: 'chart'}, drawn(scale, ratio, noise)),
      make('td', {class: 'number'},
           ...(ratio ? [ratio.text, make('i', {}, ratio.bounds)] : ['–'])),
      make('td', {class: 'word'}, word),
      ...both.map((time) => make('td', {class: 'number'}, time || '–')));
}

function summary({one, other, time}, known) {
  if (one === other) return 'Choose two different structures.';
  if (!known.length) return DATA.none;
  const counted = Object.entries(SAID)
      .map(([word, words]) =>
        [words, known.filter((ratio) => ratio.word === word).length])
      .filter(([, count]) => count)
      .map(([words, count]) => `${words} on ${count}`);
  const [fault] =
      document.querySelector('[data-key="fault"]').selectedOptions;
  return `${one} against ${other} (${time}, ${fault.text}), of ` +
      `${known.length} guests: ${counted.join(', ')}.`;
}

// --- one guest -------------------------------------------------------------

function showGuest({guest, fault}) {
  let isThere = false;
  for (const place of all('.place[data-guest]')) {
    const isIt =
        place.dataset.guest === guest && place.dataset.fault === fault;
    place.hidden = !isIt;
    isThere ||= isIt;
  }
  if (byId('no-place')) byId('no-place').hidden = isThere;
}

// --- tables ----------------------------------------------------------------

function sortKey(row, column) {
  const cell = row.cells[column];
  if (cell.classList.contains('none')) return null;
  return cell.dataset.v ?? cell.textContent;
}

function order(rows, column, sign) {
  const isNumber = rows.every((row) => {
    const key = sortKey(row, column);
    return key === null || Number.isFinite(Number(key));
  });
  return [...rows].sort((a, b) => {
    const [one, other] = [sortKey(a, column), sortKey(b, column)];
    // An absent figure is last, in either direction.
    if (one === null || other === null) {
      return (one === null) - (other === null);
    }
    return sign * (isNumber ? one - other :
                              one.localeCompare(other, 'en', {numeric: true}));
  });
}

function showTable({table, key, heads, body, rows, count}, state) {
  const wanted = heads.map(({dataset}) => state[`in-${dataset.facet}`] ?? '');
  const hidden = count ? wanted.map(Boolean) : wanted.map(() => false);
  let shown = rows.filter((row) => hidden.every(
      (isHidden, at) =>
          !isHidden || row.cells[at].textContent === wanted[at]));
  const sort = Number(state[key]);
  if (sort) shown = order(shown, Math.abs(sort) - 1, Math.sign(sort));
  body.replaceChildren(...shown);
  const first = hidden.indexOf(false);
  for (const row of [table.tHead.rows[0], ...shown]) {
    [...row.cells].forEach((cell, at) => {
      cell.hidden = hidden[at];
      cell.classList.toggle('first', at === first);
    });
  }
  heads.forEach((head, at) => {
    head.removeAttribute('aria-sort');
    if (at + 1 === Math.abs(sort)) {
      head.setAttribute('aria-sort', sort < 0 ? 'descending' : 'ascending');
    }
  });
  if (count) {
    count.textContent = shown.length === rows.length ?
        `${rows.length} rows` : `${shown.length} of ${rows.length} rows`;
  }
  const isFiltered = table.id === 'times' && hidden.includes(true);
  if (!sort && !isFiltered) return;
  for (let place = table.closest('details'); place;
       place = place.parentElement.closest('details')) {
    place.open = true;
  }
}

for (const control of CONTROLS) {
  control.addEventListener(
      'change', () => choose({[control.dataset.key]: control.value}));
}
for (const {key, heads} of TABLES) {
  heads.forEach((head, at) => head.querySelector('button').addEventListener(
      'click', () => {
        const column = String(at + 1);
        choose({[key]: chosen()[key] === column ? `-${column}` : column});
      }));
}
byId('swap')?.addEventListener('click', () => {
  const {one, other} = chosen();
  choose({one: other, other: one});
});
byId('reset').addEventListener('click', () => choose(Object.fromEntries(
    Object.keys(DEFAULTS).filter((key) => key.startsWith('in-'))
        .map((key) => [key, '']))));
addEventListener('popstate', show);
show();

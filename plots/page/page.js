// SPDX-License-Identifier: MIT
//
// Tables that sort and filter, the comparison of two structures, and the
// pictures. Medians, intervals and marks are computed as in
// plots/statistics.py, which says why; a test holds the two together.
'use strict';

// --- statistics ----------------------------------------------------------

const CONFIDENCE_PER_MILLE = 50n;  // how many of a thousand may miss

function median(values) {
  const ordered = [...values].sort((a, b) => a - b);
  const middle = Math.floor(ordered.length / 2);
  if (ordered.length % 2) return ordered[middle];
  return ordered[middle - 1] / 2 + ordered[middle] / 2;
}

/** Ranks (from 1) that bound the median with 95 %, or null. */
function intervalRanks(count, comparisons) {
  let below = 0n;
  let ways = 1n;  // binomial(count, rank - 1)
  let best = null;
  for (let rank = 1; rank <= Math.floor(count / 2); ++rank) {
    below += ways;
    const missed = 2n * below * 1000n * BigInt(comparisons);
    if (missed > CONFIDENCE_PER_MILLE * (1n << BigInt(count))) break;
    best = [rank, count + 1 - rank];
    ways = ways * BigInt(count - rank + 1) / BigInt(rank);
  }
  return best;
}

function estimate(values, comparisons) {
  if (!values.length) return null;
  const ordered = [...values].sort((a, b) => a - b);
  const [low, high] =
      intervalRanks(ordered.length, comparisons) ?? [1, ordered.length];
  return {
    median: median(ordered),
    low: ordered[low - 1],
    high: ordered[high - 1],
    count: ordered.length,
    isInterval: intervalRanks(ordered.length, 1) !== null,
  };
}

/** Both are arrays by round, with null where there is no time. */
function pairedRatios(values, baseline) {
  const ratios = [];
  values.forEach((value, round) => {
    const other = baseline[round] ?? 0;
    if (value !== null && other > 0) ratios.push(value / other);
  });
  return ratios.filter(Number.isFinite);
}

function noiseFloor(control) {
  if (control === null) return 1;
  if (control.low <= 0) return Infinity;
  return Math.max(1, control.high, 1 / control.low);
}

function mark(ratio, control) {
  if (!ratio.isInterval || (control !== null && !control.isInterval)) {
    return '?';
  }
  const floor = noiseFloor(control);
  return ratio.low > floor || ratio.high < 1 / floor ? '*' : '~';
}

// --- the data ------------------------------------------------------------

const DATA = JSON.parse(document.getElementById('data').textContent);
const TIMES = new Map(DATA.times.map(
    ([key, counters]) => [key.join('\n'), counters]));

/** Times by round: the sum over the operations, null where one is missing. */
function timesOf(measure, workload, structure, control, condition) {
  const parts = measure.operations.map(
      (operation) =>
          TIMES.get([operation, workload, structure, control, condition]
                        .join('\n'))?.[measure.counter] ?? []);
  return parts[0].map((_, round) => {
    const values = parts.map((part) => part[round] ?? null);
    if (values.includes(null)) return null;
    const sum = values.reduce((sum, value) => sum + value, 0);
    return Number.isFinite(sum) ? sum : null;
  });
}

const PRIMARY = new Set(DATA.primary.map((parts) => parts.join('\n')));

/** For how many ratios together an interval is to hold. */
function comparisonsFor(one, other, measure, workload, condition) {
  const who = one === DATA.baseline ? other : one;
  return [one, other].includes(DATA.baseline) && condition === '' &&
          PRIMARY.has([...measure.operations, workload, who].join('\n')) ?
      1 :
      DATA.comparisons;
}

function compareTwo(one, other, measure, workload, condition) {
  const times = (structure, control = 0) =>
      timesOf(measure, workload, structure, control, condition);
  const ratio = estimate(
      pairedRatios(times(one), times(other)),
      comparisonsFor(one, other, measure, workload, condition));
  if (ratio === null) return null;
  const control = estimate(
      pairedRatios(times(DATA.baseline, 1), times(DATA.baseline)), 1);
  return {ratio, control, mark: mark(ratio, control)};
}

// --- pieces of the page --------------------------------------------------

const byId = (id) => document.getElementById(id);

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Three significant digits, as plots/text.py writes them. */
function number(value) {
  if (value === 0) return '0';
  const [mantissa, exponent] = value.toExponential(2).split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 6) return `${mantissa}e${power}`;
  return value.toFixed(Math.max(0, 2 - power));
}

function interval(ratio) {
  const [left, right] = ratio.isInterval ? '[]' : '()';
  return `${left}${number(ratio.low)}, ${number(ratio.high)}${right}`;
}

function fill(select, options, chosen) {
  select.replaceChildren(...options.map(
      ({value, label}) =>
          make('option', {value, textContent: label,
                          selected: value === chosen})));
}

const optionsOf = (names) => names.map((name) => ({value: name, label: name}));
const CONDITIONS =
    DATA.conditions.map(([value, label]) => ({value, label}));

// --- the answer ----------------------------------------------------------

function setUpLead() {
  const workload = byId('lead-workload');
  const condition = byId('lead-condition');
  if (!DATA.leads.length) return;
  const pick = (index) => [...new Set(DATA.leads.map((lead) => lead[index]))];
  fill(workload, optionsOf(pick(1)));
  fill(condition, CONDITIONS.filter(({value}) => pick(0).includes(value)));
  const say = () => {
    const lead = DATA.leads.find(
        (lead) => lead[0] === condition.value && lead[1] === workload.value);
    byId('lead').innerHTML =
        lead ? lead[2] : 'Nothing was measured on this guest with these faults';
  };
  workload.onchange = condition.onchange = say;
  byId('lead-controls').hidden = false;
}

// --- two structures ------------------------------------------------------

const WORDS = {
  '*': (ratio) => (ratio.median < 1 ? 'faster' : 'slower'),
  '~': () => 'no difference shown',
  '?': () => 'too few rounds to tell',
};

function pickCell(one, other, measure, workload, condition) {
  const found = compareTwo(one, other, measure, workload, condition);
  if (found === null) {
    return make('td', {className: 'number', textContent: 'not measured'});
  }
  const {ratio} = found;
  const words = WORDS[found.mark](ratio);
  const cell = make(
      'td', {className: `number ${found.mark === '*' ? words : ''}`},
      `${found.mark} ${number(ratio.median)} ${interval(ratio)}`);
  cell.title = `${words}; ${ratio.count} rounds`;
  Object.assign(cell.dataset, {
    measure: `${measure.name}, ${measure.unit}`,
    workload,
    mark: found.mark,
    median: ratio.median,
    low: ratio.low,
    high: ratio.high,
  });
  return cell;
}

function showPick() {
  const [one, other, condition] =
      ['pick-one', 'pick-other', 'pick-condition'].map((id) => byId(id).value);
  const table = byId('pick-table');
  const workloads = DATA.workloads;
  const counts = {'*': 0, '~': 0, '?': 0};
  let faster = 0;
  const rows = [];
  for (const measure of DATA.measures) {
    const cells = workloads.map(
        (workload) => pickCell(one, other, measure, workload, condition));
    const known = cells.filter((cell) => cell.dataset.mark);
    if (!known.length) continue;
    for (const {dataset} of known) {
      ++counts[dataset.mark];
      faster += dataset.mark === '*' && Number(dataset.median) < 1;
    }
    rows.push(make(
        'tr', {},
        make('th', {scope: 'row'}, measure.name,
             make('span', {className: 'unit', textContent: measure.unit})),
        ...cells));
  }
  const head = make(
      'tr', {}, make('th', {scope: 'col', textContent: 'Time'}),
      ...workloads.map(
          (name) => make(
              'th', {scope: 'col', className: 'number'}, name,
              make('span', {className: 'unit',
                            textContent: 'ratio of times'}))));
  table.replaceChildren(make('thead', {}, head), make('tbody', {}, ...rows));
  byId('pick-says').textContent = rows.length ?
      `${one} against ${other}: shown to be faster in ${faster} cells, ` +
          `slower in ${counts['*'] - faster}; no difference shown in ` +
          `${counts['~']}, too few rounds to tell in ${counts['?']}.` :
      `${one} and ${other} have no round in common here.`;
}

function setUpPick() {
  const names = DATA.structures;
  const other = names.includes(DATA.baseline) ? DATA.baseline : names[0];
  fill(byId('pick-one'), optionsOf(names), DATA.champion ?? names[0]);
  fill(byId('pick-other'), optionsOf(names), other);
  fill(byId('pick-condition'), CONDITIONS);
  for (const id of ['pick-one', 'pick-other', 'pick-condition']) {
    byId(id).onchange = showPick;
  }
  byId('pick-swap').onclick = () => {
    const one = byId('pick-one').value;
    byId('pick-one').value = byId('pick-other').value;
    byId('pick-other').value = one;
    showPick();
  };
  showPick();
}

// --- tables --------------------------------------------------------------

const FILTERS = [...document.querySelectorAll('#filter select')];
const LABELS = new Map(DATA.conditions);

// A cell is a text, [number, how it is written], or null: not measured.
const sortKey = (cell) => (Array.isArray(cell) ? cell[0] : cell);

function order(rows, column, isDescending) {
  const sign = isDescending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [one, other] = [sortKey(a[column]), sortKey(b[column])];
    // What was not measured is last, whatever the direction.
    if (one === null || other === null) {
      return (one === null) - (other === null);
    }
    if (typeof one === 'number') return sign * (one - other);
    return sign * one.localeCompare(other, 'en', {numeric: true});
  });
}

const ESCAPES = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'};
const escaped = (text) => text.replace(/[&<>"]/g, (c) => ESCAPES[c]);

class SortedTable {
  constructor(spec) {
    this.spec = spec;
    this.sortedBy = null;
    this.isDescending = false;
    this.count = make('p', {className: 'note', role: 'status'});
    this.body = make('tbody');
    this.heads = spec.columns.map((column, index) => {
      const button = make('button', {type: 'button',
                                     textContent: column.label});
      button.onclick = () => this.sortBy(index);
      const head = make('th', {scope: 'col'}, button);
      if (column.isNumber) head.className = 'number';
      if (column.unit) {
        head.append(make('span', {className: 'unit',
                                  textContent: column.unit}));
      }
      return head;
    });
    const box = make(
        'div', {className: 'box', tabIndex: 0},
        make('table', {id: spec.id},
             make('thead', {}, make('tr', {}, ...this.heads)), this.body));
    box.setAttribute('role', 'region');
    box.setAttribute('aria-label', spec.title);
    this.element = make(
        'div', {}, make('h3', {textContent: spec.title}),
        ...(spec.note ?
                [make('p', {className: 'note', textContent: spec.note})] :
                []),
        this.count, box);
  }

  sortBy(column) {
    this.isDescending = this.sortedBy === column && !this.isDescending;
    this.sortedBy = column;
    this.heads.forEach((head, index) => {
      if (index !== column) return head.removeAttribute('aria-sort');
      head.setAttribute(
          'aria-sort', this.isDescending ? 'descending' : 'ascending');
    });
    this.show();
  }

  show() {
    const {columns, rows} = this.spec;
    const wanted = FILTERS
        .map(({value, dataset}) => [value, columns.findIndex(
            (column) => column.facet === dataset.facet)])
        .filter(([value, column]) => value !== '*' && column >= 0);
    let shown = rows.filter(
        (row) => wanted.every(([value, column]) => row[column] === value));
    if (this.sortedBy !== null) {
      shown = order(shown, this.sortedBy, this.isDescending);
    }
    this.body.innerHTML = shown.map((row) => this.line(row)).join('');
    this.count.textContent = `${shown.length} of ${rows.length} rows`;
  }

  line(row) {
    const cells = row.map((cell, index) => {
      const {isNumber, facet, isWide} = this.spec.columns[index];
      const kind = isNumber ? 'number' : isWide ? 'wide' : '';
      let text = Array.isArray(cell) ? cell[1] : cell;
      if (cell === null) text = '\u2013';
      if (facet === 'condition') text = LABELS.get(cell) ?? cell;
      return `<td${kind && ` class="${kind}"`}>${escaped(text)}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  }
}

function setUpTables() {
  const tables = DATA.tables.map((spec) => new SortedTable(spec));
  byId('tables').replaceChildren(...tables.map((table) => table.element));
  const show = () => tables.forEach((table) => table.show());
  for (const select of FILTERS) {
    const {facet} = select.dataset;
    const values = new Set();
    for (const {columns, rows} of DATA.tables) {
      const column = columns.findIndex((column) => column.facet === facet);
      if (column >= 0) rows.forEach((row) => values.add(row[column]));
    }
    const known = DATA.facets[facet].filter((value) => values.has(value));
    const labelled = known.map(
        (value) => ({value, label: LABELS.get(value) ?? value}));
    fill(select, [{value: '*', label: 'all'},
                  ...(facet === 'condition' ? labelled : optionsOf(known))]);
    // A first look at one guest; everything is one button away.
    if (facet === 'workload' && known.length) select.value = known[0];
    select.onchange = show;
  }
  byId('show-all').onclick = () => {
    for (const select of FILTERS) select.value = '*';
    show();
  };
  show();
}

// --- pictures ------------------------------------------------------------

async function draw(image) {
  const packed = Uint8Array.from(
      atob(byId(image.dataset.source).textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(
      new DecompressionStream('gzip'));
  const picture = await new Response(stream).arrayBuffer();
  image.src = URL.createObjectURL(
      new Blob([picture], {type: 'image/svg+xml'}));
}

/** Unpacks a picture when it comes near the window. */
function setUpPictures() {
  const near = new IntersectionObserver((entries) => {
    for (const {target, isIntersecting} of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      draw(target);
    }
  }, {rootMargin: '600px'});
  document.querySelectorAll('img[data-source]').forEach(
      (image) => near.observe(image));
  addEventListener('beforeprint', () => {
    document.querySelectorAll('img[data-source]:not([src])').forEach(draw);
  });
}

setUpLead();
setUpPick();
setUpTables();
setUpPictures();

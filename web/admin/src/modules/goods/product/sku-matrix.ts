// Options become SKUs: every combination of their values is one row. Editing the options keeps what
// was already typed into the rows that stay, so that adding a colour does not lose forty prices.

import type { AdminSku, ProductOption, SkuInput } from '@api/types';

/** One row of the editor. A row with an id exists on the server and has stock of its own. */
export interface SkuRow extends SkuInput {
  on_hand?: number;
  reserved?: number;
}

/** More combinations than this are a mistake in the options, not an assortment. */
export const MOST_SKUS = 200;

/** The options that count: named, with at least one value, values trimmed and unique. */
export function settledOptions(options: readonly ProductOption[]): ProductOption[] {
  return options
    .map(({ name, values }) => ({
      name: name.trim(),
      values: [...new Set(values.map((value) => value.trim()))].filter(Boolean),
    }))
    .filter(({ name, values }) => name && values.length > 0);
}

/** All combinations in reading order; one empty combination when there are no options. */
export function combinations(options: readonly ProductOption[]): string[][] {
  return settledOptions(options).reduce<string[][]>(
    (rows, option) => rows.flatMap((row) => option.values.map((value) => [...row, value])),
    [[]],
  );
}

export function emptyRow(option_values: string[]): SkuRow {
  return { code: '', option_values, price_fen: 0, weight_g: 0, volume_cm3: 0, initial_stock: 0 };
}

/**
 * The rows for the options as they stand. A row is kept when its values still form a combination;
 * a new combination takes price, weight and volume from the row that shares most of its values.
 */
export function matrix(options: readonly ProductOption[], rows: readonly SkuRow[]): SkuRow[] {
  const known = new Map(rows.map((row) => [row.option_values.join('\n'), row]));
  return combinations(options).map((values) => {
    const same = known.get(values.join('\n'));
    if (same) return same;
    const model = nearest(values, rows);
    if (!model) return emptyRow(values);
    return {
      ...emptyRow(values),
      price_fen: model.price_fen,
      list_price_fen: model.list_price_fen ?? null,
      cost_fen: model.cost_fen ?? null,
      weight_g: model.weight_g,
      volume_cm3: model.volume_cm3,
    };
  });
}

function nearest(values: readonly string[], rows: readonly SkuRow[]): SkuRow | undefined {
  const shared = (row: SkuRow) => row.option_values.filter((value) => values.includes(value)).length;
  return rows.reduce<SkuRow | undefined>((best, row) => (best && shared(best) >= shared(row) ? best : row), undefined);
}

/** Codes for the rows that have none: a base and a running number not used yet. */
export function fillCodes(rows: SkuRow[], base: string): void {
  const used = new Set(rows.map(({ code }) => code));
  let number = 1;
  for (const row of rows) {
    if (row.code.trim()) continue;
    let code: string;
    do code = rows.length === 1 ? base : `${base}-${String(number++).padStart(2, '0')}`;
    while (used.has(code) && rows.length > 1);
    used.add(code);
    row.code = code;
  }
}

/** The rows as the server takes them. */
export function toInput(rows: readonly SkuRow[]): SkuInput[] {
  return rows.map((row) => ({
    ...(row.id ? { id: row.id } : { initial_stock: row.initial_stock ?? 0 }),
    code: row.code.trim(),
    barcode: row.barcode?.trim() || null,
    option_values: row.option_values,
    price_fen: row.price_fen,
    list_price_fen: row.list_price_fen ?? null,
    cost_fen: row.cost_fen ?? null,
    weight_g: row.weight_g,
    volume_cm3: row.volume_cm3,
    picture_key: row.picture_key ?? null,
  }));
}

export function fromServer(skus: readonly AdminSku[]): SkuRow[] {
  return skus.map((sku) => ({ ...sku }));
}

/** What is wrong with the rows, in words; empty when they can be saved. */
export function rowProblems(rows: readonly SkuRow[]): string[] {
  const problems: string[] = [];
  const name = (row: SkuRow) => row.option_values.join(' ') || '这个商品';
  for (const row of rows) {
    if (row.price_fen <= 0) problems.push(`${name(row)}还没有售价`);
    if (row.list_price_fen && row.list_price_fen <= row.price_fen) problems.push(`${name(row)}的划线价应高于售价`);
  }
  const codes = rows.map(({ code }) => code.trim()).filter(Boolean);
  const twice = codes.find((code, index) => codes.indexOf(code) !== index);
  if (twice) problems.push(`规格编码 ${twice} 用了两次`);
  return problems;
}

// The order of categories as people drag it: tops among tops, children within a top or over to another one. Every move
// answers a new tree; nothing is changed in place.

import type { AdminCategory } from '@api/types';

export interface Place {
  id: string;
  parent_id: string | null;
}

/** Every category with its parent, siblings in their order, as the server wants to hear it. */
export function placesOf(tree: readonly AdminCategory[], parent_id: string | null = null): Place[] {
  return tree.flatMap((node) => [{ id: node.id, parent_id }, ...placesOf(node.children, node.id)]);
}

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}

export function moveTop(tree: readonly AdminCategory[], id: string, to: number): AdminCategory[] {
  const from = tree.findIndex((top) => top.id === id);
  if (from < 0 || to < 0 || to >= tree.length) return [...tree];
  return moved(tree, from, to);
}

/** Puts a child before a place among the children of a top; past the end is the end. */
export function moveChild(tree: readonly AdminCategory[], id: string, topId: string, to: number): AdminCategory[] {
  const home = tree.find((top) => top.children.some((child) => child.id === id));
  const child = home?.children.find((one) => one.id === id);
  if (!home || !child || !tree.some((top) => top.id === topId)) return [...tree];
  const from = home.children.indexOf(child);
  const shifted = home.id === topId && from < to ? to - 1 : to;
  return tree.map((top) => {
    const rest = top.children.filter((one) => one.id !== id);
    if (top.id !== topId) return rest.length === top.children.length ? top : { ...top, children: rest };
    const children = [...rest];
    children.splice(Math.max(0, shifted), 0, { ...child, parent_id: topId });
    return { ...top, children };
  });
}

/** One step with the arrow keys; from the edge of a top a child goes over to the neighbour. */
export function stepChild(tree: readonly AdminCategory[], id: string, step: -1 | 1): AdminCategory[] {
  const at = tree.findIndex((top) => top.children.some((child) => child.id === id));
  if (at < 0) return [...tree];
  const siblings = tree[at]!.children;
  const place = siblings.findIndex((child) => child.id === id);
  const next = place + step;
  if (next >= 0 && next < siblings.length) {
    return moveChild(tree, id, tree[at]!.id, step > 0 ? next + 1 : next);
  }
  const neighbour = tree[at + step];
  if (!neighbour) return [...tree];
  return moveChild(tree, id, neighbour.id, step > 0 ? 0 : neighbour.children.length);
}

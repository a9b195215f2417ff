// A page as it is edited: its blocks, which one is chosen, what was saved, and what stands in the phone.
// Drafts save themselves a few seconds after the last change; two people never overwrite each other silently.

import type { EditedPage, KeyedPicture, PlacedBlock, ResolvedBlock } from '@api/types';
import type { Failure } from '@api/client';
import { computed, onBeforeUnmount, ref, shallowRef, watch } from 'vue';
import { readPage, resolveBlocks, saveDraft } from '@/api/content';
import { asFailure } from '@/app/http';
import { useLoad } from '@/composables/use-load';
import { freshId, missing, wordOf, type Kind } from './block-kinds';

const SAVE_AFTER_MS = 4_000;
const SHOW_AFTER_MS = 250;

export function usePage(id: string, editable: () => boolean) {
  const page = shallowRef<EditedPage | null>(null);
  const title = ref('');
  const blocks = ref<PlacedBlock[]>([]);
  const chosen = ref<string | null>(null);
  const files = ref(new Map<string, KeyedPicture>());
  const resolved = shallowRef<ResolvedBlock[]>([]);
  const saving = ref(false);
  const failure = shallowRef<Failure | null>(null);
  const clean = ref('');
  const now = computed(() => JSON.stringify([title.value, blocks.value]));
  const dirty = computed(() => page.value !== null && now.value !== clean.value);
  /** Blocks that are not finished keep the draft from being saved: the server would refuse them. */
  const unfinished = computed(() => blocks.value.filter((placed) => missing(placed.block) !== ''));
  const current = computed(() => blocks.value.find((placed) => placed.id === chosen.value) ?? null);

  function take(next: EditedPage): void {
    page.value = next;
    title.value = next.draft_title;
    blocks.value = structuredClone(next.blocks);
    for (const file of next.files) files.value.set(file.key, file);
    clean.value = now.value;
    failure.value = null;
    if (!current.value) chosen.value = blocks.value[0]?.id ?? null;
  }

  const {
    loading,
    failure: loadFailure,
    load,
  } = useLoad(async () => {
    const found = await readPage(id);
    take(found);
    return found;
  });

  /** Saves what there is; true when the server has it. */
  async function save(): Promise<boolean> {
    if (!dirty.value) return true;
    if (saving.value || !page.value || unfinished.value.length > 0 || !title.value.trim()) return false;
    saving.value = true;
    const sent = now.value;
    try {
      const body = { title: title.value, blocks: blocks.value, revision: page.value.revision };
      page.value = await saveDraft(id, body);
      clean.value = sent;
      failure.value = null;
      return true;
    } catch (thrown) {
      failure.value = asFailure(thrown);
      return false;
    } finally {
      saving.value = false;
    }
  }

  let saveTimer = 0;
  let showTimer = 0;
  let turn = 0;
  async function show(): Promise<void> {
    const mine = ++turn;
    const finished = blocks.value.filter((placed) => missing(placed.block) === '');
    try {
      const answer = await resolveBlocks(finished);
      if (mine === turn) resolved.value = answer;
    } catch {
      // The phone keeps what it shows; saving says what is wrong.
    }
  }
  watch(now, () => {
    window.clearTimeout(saveTimer);
    window.clearTimeout(showTimer);
    showTimer = window.setTimeout(() => void show(), SHOW_AFTER_MS);
    if (editable() && dirty.value) saveTimer = window.setTimeout(() => void save(), SAVE_AFTER_MS);
  });
  onBeforeUnmount(() => {
    window.clearTimeout(saveTimer);
    window.clearTimeout(showTimer);
  });

  function add(kind: Kind): void {
    const id = freshId(blocks.value);
    const after = blocks.value.findIndex((placed) => placed.id === chosen.value);
    const at = after < 0 ? blocks.value.length : after + 1;
    blocks.value.splice(at, 0, { id, hidden: false, block: wordOf(kind).make() });
    chosen.value = id;
  }

  function duplicate(at: number): void {
    const copied = blocks.value[at];
    if (!copied) return;
    const id = freshId(blocks.value);
    blocks.value.splice(at + 1, 0, { ...(JSON.parse(JSON.stringify(copied)) as PlacedBlock), id });
    chosen.value = id;
  }

  function remove(at: number): PlacedBlock | undefined {
    const [gone] = blocks.value.splice(at, 1);
    if (gone && gone.id === chosen.value)
      chosen.value = blocks.value[Math.min(at, blocks.value.length - 1)]?.id ?? null;
    return gone;
  }

  function move(from: number, to: number): void {
    if (from === to || to < 0 || to >= blocks.value.length) return;
    blocks.value.splice(to, 0, ...blocks.value.splice(from, 1));
  }

  return {
    page,
    title,
    blocks,
    chosen,
    current,
    files,
    resolved,
    saving,
    failure,
    dirty,
    unfinished,
    loading,
    loadFailure,
    load,
    take,
    save,
    add,
    duplicate,
    remove,
    move,
  };
}

export type EditedPageState = ReturnType<typeof usePage>;

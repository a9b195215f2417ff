// The state of the product editor: read, change, save with the version that was read, and keep what
// was typed into a new product in this browser until it is saved.

import type { AdminProduct } from '@api/types';
import { newIdempotencyKey, type Failure } from '@api/client';
import { computed, onBeforeUnmount, ref, shallowRef, watch } from 'vue';
import { createProduct, readProduct, updateProduct } from '@/api/goods';
import { asFailure } from '@/app/http';
import { useSubmit } from '@/composables/use-submit';
import { draftOf, draftProblems, emptyDraft, inputOf, type ProductDraft } from './product-draft';
import { fillCodes, matrix, rowProblems } from './sku-matrix';

const KEPT = 'hefang.admin.product-draft';

export function useProduct(id: string | null) {
  const draft = ref<ProductDraft>(emptyDraft());
  const version = ref(0);
  const status = ref('');
  const loading = ref(id !== null);
  const loadFailure = shallowRef<Failure | null>(null);
  const clean = ref('');
  const key = newIdempotencyKey();
  const { busy, failure, note, submit, fieldError } = useSubmit();

  const snapshot = () => JSON.stringify(inputOf(draft.value));
  const dirty = computed(() => !loading.value && snapshot() !== clean.value);
  const problems = computed(() => [...draftProblems(draft.value, Date.now()), ...rowProblems(draft.value.skus)]);

  function show(product: AdminProduct): void {
    draft.value = draftOf(product);
    version.value = product.version;
    status.value = product.status;
    clean.value = snapshot();
  }

  async function load(): Promise<void> {
    if (!id) return;
    loading.value = true;
    loadFailure.value = null;
    failure.value = null;
    try {
      show(await readProduct(id));
    } catch (thrown) {
      loadFailure.value = asFailure(thrown);
    } finally {
      loading.value = false;
    }
  }

  /** Lays the SKU rows out again after the options changed. */
  function arrange(): void {
    draft.value.skus = matrix(draft.value.options, draft.value.skus);
  }

  async function save(): Promise<AdminProduct | undefined> {
    fillCodes(draft.value.skus, `P${Date.now().toString(36).toUpperCase()}`);
    const input = inputOf(draft.value);
    const saved = await submit(
      () => (id ? updateProduct(id, { ...input, version: version.value }) : createProduct(input, key)),
      '商品已保存',
    );
    if (!saved) return undefined;
    show(saved.answer);
    dropKept();
    return saved.answer;
  }

  const kept = ref(id === null && localStorage.getItem(KEPT) !== null);

  function useKept(): void {
    const text = localStorage.getItem(KEPT);
    if (text) draft.value = { ...emptyDraft(), ...(JSON.parse(text) as Partial<ProductDraft>) };
    kept.value = false;
  }

  function dropKept(): void {
    if (id === null) localStorage.removeItem(KEPT);
    kept.value = false;
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  if (id === null) {
    watch(
      draft,
      () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          if (dirty.value && !kept.value) localStorage.setItem(KEPT, JSON.stringify(draft.value));
        }, 800);
      },
      { deep: true },
    );
  }
  onBeforeUnmount(() => clearTimeout(timer));

  clean.value = snapshot();
  void load();
  return {
    draft,
    status,
    loading,
    loadFailure,
    failure,
    note,
    fieldError,
    busy,
    dirty,
    kept,
    problems,
    load,
    arrange,
    save,
    useKept,
    dropKept,
  };
}

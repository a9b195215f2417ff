// Sending a change: one at a time, the refusal shown in the server's words, a field's refusal at the field.

import type { Failure } from '@api/client';
import { computed, ref, shallowRef } from 'vue';
import { asFailure } from '@/app/http';

export function useSubmit() {
  const busy = ref(false);
  const failure = shallowRef<Failure | null>(null);

  /** Runs the change and says `done`; answers its result, or undefined when it was refused. */
  async function submit<T>(change: () => Promise<T>, done?: string): Promise<{ answer: T } | undefined> {
    if (busy.value) return undefined;
    busy.value = true;
    failure.value = null;
    try {
      const answer = await change();
      if (done) ElMessage.success({ message: done, grouping: true });
      return { answer };
    } catch (thrown) {
      failure.value = asFailure(thrown);
      return undefined;
    } finally {
      busy.value = false;
    }
  }

  // The fields that the form can show a refusal at.
  const shown = new Set<string>();

  /** The refusal for one field, for `:error` of a form item. */
  function fieldError(field: string): string | undefined {
    shown.add(field);
    return failure.value?.field === field ? failure.value.message : undefined;
  }

  /** The refusal that no field shows, for the top of the form. */
  const note = computed(() => {
    const field = failure.value?.field;
    return field && shown.has(field) ? null : failure.value;
  });

  return { busy, failure, note, submit, fieldError };
}

/** For changes outside a form: a refusal is a message with its code. */
export async function attempt<T>(change: () => Promise<T>, done?: string): Promise<{ answer: T } | undefined> {
  try {
    const answer = await change();
    if (done) ElMessage.success({ message: done, grouping: true });
    return { answer };
  } catch (thrown) {
    const failure = asFailure(thrown);
    ElMessage.error({ message: `${failure.message}（${failure.code}）`, duration: 6000, grouping: true });
    return undefined;
  }
}

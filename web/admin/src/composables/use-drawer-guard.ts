// Asks before a drawer with unsaved words closes: by the mask, the cross, Escape or its own button.

import { nextTick, ref, watch, type Ref } from 'vue';
import { confirmAction } from './confirm-action';

export function useDrawerGuard(dirty: () => boolean, close: () => void) {
  async function leave(): Promise<boolean> {
    if (!dirty()) return true;
    return confirmAction({
      title: '还有内容没有提交',
      message: '关闭后，刚才填写的内容会丢失。',
      verb: '放弃填写',
      danger: true,
    });
  }

  /** For `:before-close` of the drawer. */
  async function beforeClose(done: () => void): Promise<void> {
    if (await leave()) done();
  }

  /** For the button that gives up. */
  async function cancel(): Promise<void> {
    if (await leave()) close();
  }

  return { beforeClose, cancel };
}

/** The guard of a drawer with one form: what it held when it opened is what it may lose without asking. */
export function useFormGuard(open: Ref<boolean>, form: () => unknown) {
  const before = ref('');
  watch(
    open,
    async (isOpen) => {
      if (!isOpen) return;
      // The drawer fills its form when it opens; the snapshot is taken after that.
      await nextTick();
      before.value = JSON.stringify(form());
    },
    { immediate: true },
  );
  return useDrawerGuard(
    () => JSON.stringify(form()) !== before.value,
    () => (open.value = false),
  );
}

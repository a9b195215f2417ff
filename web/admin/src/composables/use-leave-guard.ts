// Asks before unsaved work is lost, inside the app and when the tab closes.

import { onBeforeUnmount, onMounted } from 'vue';
import { onBeforeRouteLeave } from 'vue-router';
import { confirmAction } from './confirm-action';

export function useLeaveGuard(dirty: () => boolean): void {
  function onUnload(event: BeforeUnloadEvent) {
    if (dirty()) event.preventDefault();
  }
  onMounted(() => window.addEventListener('beforeunload', onUnload));
  onBeforeUnmount(() => window.removeEventListener('beforeunload', onUnload));
  onBeforeRouteLeave(async () => {
    if (!dirty()) return true;
    return confirmAction({
      title: '还有改动没有保存',
      message: '离开后，这些改动会丢失。',
      verb: '放弃改动',
      danger: true,
    });
  });
}

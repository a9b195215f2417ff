// Whether there is a network, as one shared value.
import { ref, type Ref } from 'vue';

const online = ref(true);
let listening = false;

export function useOnline(): Readonly<Ref<boolean>> {
  if (!listening) {
    listening = true;
    // #ifdef H5
    online.value = navigator.onLine;
    window.addEventListener('online', () => (online.value = true));
    window.addEventListener('offline', () => (online.value = false));
    // #endif
    // #ifndef H5
    uni.onNetworkStatusChange((change) => (online.value = change.isConnected));
    // #endif
  }
  return online;
}

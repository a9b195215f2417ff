// A second hand that follows the server's clock and stops with its page.
import { onUnmounted, ref } from 'vue';
import { clockSkew } from '@/api/session';

export function useServerClock() {
  const now_ms = ref(clockSkew.now());
  const timer = setInterval(() => (now_ms.value = clockSkew.now()), 1000);
  onUnmounted(() => clearInterval(timer));
  return now_ms;
}

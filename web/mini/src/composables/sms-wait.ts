// The pause between two codes by text message, counted down on the button.
import { onUnmounted, ref } from 'vue';

const WAIT_SECONDS = 60;

export function useSmsWait() {
  const wait = ref(0);
  let timer: ReturnType<typeof setInterval> | undefined;
  onUnmounted(() => clearInterval(timer));

  function begin(seconds = WAIT_SECONDS): void {
    wait.value = seconds;
    clearInterval(timer);
    timer = setInterval(() => {
      wait.value -= 1;
      if (wait.value <= 0) clearInterval(timer);
    }, 1000);
  }
  return { wait, begin };
}

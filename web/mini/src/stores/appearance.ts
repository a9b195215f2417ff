// Light or dark: as the system says, or as the person chose on this device.
import { defineStore } from 'pinia';
import { ref } from 'vue';
import { markAppearance } from '@/platform/surface';

export type Appearance = 'system' | 'light' | 'dark';
const KEY = 'hefang.appearance';

export const useAppearance = defineStore('appearance', () => {
  const kept = uni.getStorageSync(KEY) as string;
  const chosen = ref<Appearance>(kept === 'light' || kept === 'dark' ? kept : 'system');

  function choose(wanted: Appearance): void {
    chosen.value = wanted;
    uni.setStorageSync(KEY, wanted);
    markAppearance(wanted);
  }
  markAppearance(chosen.value);

  return { chosen, choose };
});

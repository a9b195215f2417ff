// The mall we are in: its name, logo, colour and roundness, which replace ours everywhere. Kept on the
// device so that the next start is painted right before the first answer.
import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import type { MallBrief } from '@/api/types';
import { onDarkPaper, onPaper, themeVariables } from '@/composables/theme';
import { t } from '@/messages';
import { isDark } from '@/platform/surface';
import { paintTabBar } from '@/platform/tab-bar';

const KEY = 'hefang.mall';

export const useMall = defineStore('mall', () => {
  const brief = ref<MallBrief | null>((uni.getStorageSync(KEY) as MallBrief) || null);
  const name = computed(() => brief.value?.name ?? t('common.mall'));
  const logo = computed(() => brief.value?.logo_url ?? '');
  const style = computed(() => themeVariables(brief.value));

  function paint(): void {
    const accent = brief.value?.accent;
    if (accent) paintTabBar(isDark() ? onDarkPaper(accent) : onPaper(accent));
  }

  function learn(found: MallBrief): void {
    brief.value = found;
    uni.setStorageSync(KEY, found);
    paint();
  }

  return { brief, name, logo, style, learn, paint };
});

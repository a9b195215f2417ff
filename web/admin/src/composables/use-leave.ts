// Leaving a page when an answer has come. A person who went elsewhere meanwhile stays there.
import { onBeforeUnmount } from 'vue';
import { type RouteLocationRaw, useRouter } from 'vue-router';

/** Ways of the router that lead nowhere once the page is gone. */
export function useLeave() {
  const router = useRouter();
  let here = true;
  onBeforeUnmount(() => (here = false));
  return {
    push: async (to: RouteLocationRaw) => void (here && (await router.push(to))),
    replace: async (to: RouteLocationRaw) => void (here && (await router.replace(to))),
  };
}

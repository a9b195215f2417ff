// The app's entry: uni-app asks for a factory, so that mini programs and browsers start the same way.
import { createPinia } from 'pinia';
import { createSSRApp } from 'vue';
import { startLanguage } from './messages';
import App from './App.vue';

export function createApp() {
  const app = createSSRApp(App);
  app.use(createPinia());
  void startLanguage();
  return { app };
}

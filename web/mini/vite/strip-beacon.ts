// Removes what the uni-app runtime sends or names without being asked: a timer that reports the appid
// to a vendor host three seconds after launch (the host is spelled with String.fromCharCode), and
// links to vendor documents inside styles and error texts. `npm run check:output` proves the result.
import type { Plugin } from 'vite';

const RUNTIME = /@dcloudio[\\/]uni-(mp-[a-z]+|h5|app)[\\/]dist[\\/]/;
const BEACON_CALL = /^(\s*)preloadAsset\(\);\s*$/m;
const HIDDEN_TEXT = /String\.fromCharCode\(\.\.\.\[/;
const VENDOR_LINK = /https?:\/\/[a-z0-9.-]*dcloud[a-z0-9.-]*[^\s"'`)<>\\，。]*/gi;

const VENDOR_PICTURE = /url\(["']?https?:\/\/[^)]*dcloud[^)]*\)/gi;

function cleaned(text: string): string {
  return text.replace(VENDOR_PICTURE, 'none').replace(VENDOR_LINK, '');
}

export function stripBeacon(): Plugin {
  return {
    name: 'hefang:strip-beacon',
    enforce: 'pre',
    transform(code, id) {
      if (!RUNTIME.test(id)) return null;
      const withoutCall = code.replace(BEACON_CALL, '$1');
      if (HIDDEN_TEXT.test(code) && withoutCall === code)
        this.error(`the runtime hides a host in ${id}, and its caller was not found`);
      const clean = cleaned(withoutCall);
      return clean === code ? null : { code: clean, map: null };
    },
    // After the plugins that write the vendors' style sheets.
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          if (file.type === 'chunk') file.code = cleaned(file.code);
          else if (typeof file.source === 'string') file.source = cleaned(file.source);
          else if (file.fileName.endsWith('css')) file.source = cleaned(Buffer.from(file.source).toString('utf8'));
        }
      },
    },
  };
}

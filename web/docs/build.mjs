// Puts the API documents together: Swagger UI from its package, our page and start script. Nothing comes from elsewhere.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'

rmSync('dist', { recursive: true, force: true })
mkdirSync('dist/assets', { recursive: true })
for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js']) copyFileSync(`node_modules/swagger-ui-dist/${name}`, `dist/assets/${name}`)
copyFileSync('src/start.js', 'dist/start.js')
copyFileSync('src/index.html', 'dist/index.html')

// Bundles src/ into the folder that is named first on the command line: files whose names hold a hash of their content,
// each also compressed, and manifest.json, which says what each entry became.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

import { build } from 'esbuild'

const target = process.argv[2]
const built = await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ['src/console.ts', 'src/console.css'],
  bundle: true,
  splitting: true, // what only some pages need is loaded by them alone
  format: 'esm',
  minify: true,
  legalComments: 'linked',
  target: ['chrome109', 'firefox115', 'safari16'],
  entryNames: '[name].[hash]',
  chunkNames: '[name].[hash]',
  outdir: target,
  write: false,
  metafile: true,
  logLevel: 'warning',
})

const text = /\.(js|css|txt|svg)$/
const keep = (name, content) => {
  writeFileSync(join(target, name), content)
  if (!text.test(name)) return
  writeFileSync(`${join(target, name)}.gz`, gzipSync(content, { level: 9 }))
  const most = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
  writeFileSync(`${join(target, name)}.br`, brotliCompressSync(content, { params: most }))
}
const hashed = (path) => {
  const content = readFileSync(join(import.meta.dirname, path))
  const [stem, kind] = basename(path).split('.')
  const name = `${stem}.${createHash('sha256').update(content).digest('hex').slice(0, 8)}.${kind}`
  keep(name, content)
  return name
}

mkdirSync(target, { recursive: true })
const files = {}
for (const { path, contents } of built.outputFiles) keep(basename(path), contents)
for (const [path, { entryPoint }] of Object.entries(built.metafile.outputs)) {
  if (entryPoint) files[basename(entryPoint).replace(/\.ts$/, '.js')] = basename(path)
}
for (const path of ['src/theme.js', 'src/icon.svg']) files[basename(path)] = hashed(path)
writeFileSync(join(target, 'manifest.json'), JSON.stringify(files, null, 1))

// Charts of the specs that the server makes (web/charts.py): Vega-Lite, evaluated by an interpreter, for the content
// security policy lets nothing be compiled. Loaded only by pages that have charts.
import { parse, View, type Spec } from 'vega'
import { expressionInterpreter } from 'vega-interpreter'
import { compile, type TopLevelSpec } from 'vega-lite'

const style = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** How all charts look, of the tokens of the page: so they are dark where it is dark. */
const config = () => ({
  background: 'transparent',
  font: style('--ww-font'),
  view: { stroke: null },
  axis: {
    domainColor: style('--ww-line'), gridColor: style('--ww-line'), tickColor: style('--ww-line'),
    labelColor: style('--ww-soft'), titleColor: style('--ww-soft'), labelFontSize: 11, titleFontSize: 11, titleFontWeight: 500,
  },
  legend: { labelColor: style('--ww-soft'), titleColor: style('--ww-soft'), orient: 'top', labelFontSize: 12, title: null },
  range: { category: ['--ww-series-1', '--ww-series-2', '--ww-series-3', '--ww-series-4'].map(style) },
})

/** Colours are named in specs by their token, such as `token:good`: the page's theme says what they are. */
const coloured = (text: string) => text.replace(/"token:([a-z0-9-]+)"/g, (_, name) => JSON.stringify(style(`--ww-${name}`)))

export async function drawChart(box: HTMLElement): Promise<void> {
  box.dataset.drawn = ''
  // In an attribute where it may be fetched again: of parts that are, scripts are left out, whatever is in them.
  const text = box.dataset.spec ?? document.getElementById(box.dataset.chart ?? '')?.textContent
  if (!text) return
  const make = async () => {
    box.replaceChildren()
    const spec = JSON.parse(coloured(text)) as TopLevelSpec
    const { spec: compiled } = compile({ ...spec, config: config() } as TopLevelSpec)
    const view = new View(parse(compiled as Spec, {}, { ast: true }), {
      expr: expressionInterpreter,
      renderer: 'canvas',
      container: box,
      hover: true,
      tooltip: (_handler: unknown, event: MouseEvent, _item: unknown, value: unknown) => tell(event, value),
    })
    await view.runAsync()
    zoom(view, box)
    return view
  }
  let view = await make()
  let width = box.clientWidth
  const again = () => void make().then((made) => { view.finalize(); view = made })
  new ResizeObserver(() => {
    if (!box.isConnected || box.clientWidth === width) return
    width = box.clientWidth
    view.resize()
    window.dispatchEvent(new Event('resize'))
  }).observe(box)
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ['data-bs-theme'] })
}

/** A drag over the chart is a time range: the page goes there. */
function zoom(view: View, box: HTMLElement): void {
  if (!box.dataset.zoom) return
  let chosen: [number, number] | undefined
  try {
    view.addSignalListener('span_x', (_name, value: [number, number]) => { chosen = value })
  } catch { return }
  // Not a listener more for each view that is drawn into the box.
  box.onpointerup = () => {
    if (!chosen || Math.abs(chosen[1] - chosen[0]) < 8) return
    const scale = (view as unknown as { scale(name: string): { invert(x: number): Date } }).scale('x')
    const [from, to] = [...chosen].sort((a, b) => a - b).map((x) => scale.invert(x))
    const url = new URL(location.href)
    url.searchParams.delete('range')
    url.searchParams.set('from', new Date(Math.floor(+from / 60000) * 60000).toISOString().slice(0, 16) + 'Z')
    url.searchParams.set('to', new Date(Math.ceil(+to / 60000) * 60000).toISOString().slice(0, 16) + 'Z')
    location.assign(url)
  }
}

let tip: HTMLElement | undefined

function tell(event: MouseEvent, value: unknown): void {
  tip?.remove()
  tip = undefined
  if (!value || typeof value !== 'object') return
  tip = document.createElement('div')
  tip.className = 'chart-tip'
  for (const [name, said] of Object.entries(value as Record<string, unknown>)) {
    const line = tip.appendChild(document.createElement('div'))
    line.appendChild(document.createElement('span')).textContent = name
    line.appendChild(document.createElement('b')).textContent = String(said)
  }
  document.body.append(tip)
  // Through the object model, which the policy allows; an attribute it would not.
  tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`
  tip.style.top = `${Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)}px`
}

/** To evaluate in a page: texts whose contrast by WCAG's formula is below 4.5, all tabs open: colours are painted to know what they are. */
export const FAINT = `(() => {
  for (const panel of document.querySelectorAll('.panel')) panel.hidden = false
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const painted = colours => {
    context.clearRect(0, 0, 1, 1)
    for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1) }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3)
  }
  const light = colour => {
    const [r, g, b] = colour.map(part => part / 255).map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement
    if (node.data.trim() === '' || !element.checkVisibility() || element.closest('script, title, .skip')) continue
    const behind = []
    for (let each = element; each; each = each.parentElement) behind.unshift(getComputedStyle(each).backgroundColor)
    const style = getComputedStyle(element)
    const ground = painted(behind)
    const text = painted([...behind, element.closest('svg') ? style.fill : style.color])
    const [high, low] = [light(text), light(ground)].sort((a, b) => b - a)
    const ratio = (high + 0.05) / (low + 0.05)
    if (ratio < 4.5) found.push(node.data.trim().slice(0, 40) + ': ' + ratio.toFixed(2))
  }
  return found.slice(0, 10)
})()`

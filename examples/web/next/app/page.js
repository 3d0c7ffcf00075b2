'use client'
import { useEffect, useRef, useState } from 'react'
import { labels, load, softmax } from './nin/nin.js'

export default function Page() {
  const canvas = useRef(null)
  const nin = useRef(null)
  const [classes, setClasses] = useState([])

  useEffect(() => {
    nin.current = load({ warm: true })
  }, [])

  /** The picture as the network sees it, and the three classes that it finds most likely. */
  async function show(file) {
    const context = canvas.current.getContext('2d', { willReadFrequently: true })
    context.drawImage(await createImageBitmap(file), 0, 0, 32, 32)
    const { logits } = (await nin.current).run({ input: context.getImageData(0, 0, 32, 32) })
    const found = [...softmax(logits)].map((chance, k) => ({ name: labels[k], chance }))
    setClasses(found.sort((a, b) => b.chance - a.chance).slice(0, 3))
  }

  return (
    <main>
      <h1>What is on this picture?</h1>
      <input
        type="file"
        accept="image/*"
        aria-label="a picture"
        onChange={event => event.target.files[0] && show(event.target.files[0])}
      />
      <canvas
        ref={canvas}
        width="32"
        height="32"
        style={{ width: '8rem', imageRendering: 'pixelated', display: 'block', margin: '1rem 0' }}
      />
      <ol>
        {classes.map(({ name, chance }) => (
          <li key={name}>
            {name}: {Math.round(100 * chance)} %
          </li>
        ))}
      </ol>
    </main>
  )
}

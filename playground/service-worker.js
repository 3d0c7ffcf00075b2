// FILES and VERSION are put before this by the build: all that the page needs to compile, onnxruntime-web and larger models apart.
const CACHE = `playground-${VERSION}`

addEventListener('install', event => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then(cache => cache.addAll(FILES))
      .then(() => skipWaiting()),
  )
})

addEventListener('activate', event => {
  const isOld = name => name.startsWith('playground-') && name !== CACHE
  const removed = caches.keys().then(names => Promise.all(names.filter(isOld).map(name => caches.delete(name))))
  event.waitUntil(removed.then(() => clients.claim()))
})

// Files have names by their contents, so what was fetched once stays right; the page itself is asked for first.
addEventListener('fetch', event => {
  const { request } = event
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return
  event.respondWith(request.mode === 'navigate' ? newest(request) : kept(request))
})

async function newest(request) {
  return fetch(request).catch(async () => (await caches.match('./')) ?? Response.error())
}

async function kept(request) {
  const found = await caches.match(request)
  if (found) return found
  const response = await fetch(request)
  if (response.ok) (await caches.open(CACHE)).put(request, response.clone())
  return response
}

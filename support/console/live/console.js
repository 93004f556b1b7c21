// Fills in the page of a rollout while it is under way. The page is whole without it.
// Every text of a host was escaped by the server. It is parsed here as a document of its own, in which no script runs.
;(() => {
  'use strict'
  const live = document.getElementById('live')
  const rollout = document.getElementById('rollout')
  if (live === null || rollout === null || live.dataset.events === undefined) return

  // The server says something every 15 seconds.
  const SILENT_AFTER_MS = 40000
  const FIRST_RETRY_MS = 1000
  const LAST_RETRY_MS = 30000
  const title = document.title
  const page = live.querySelector('a').getAttribute('href')
  let place = live.dataset.place
  let heard = Date.now()
  let since = new Date(live.dataset.at)
  let isLive
  let isOver = false
  let isLoggedOut = false
  let source
  let retryAfter = FIRST_RETRY_MS
  let retry

  const say = (state, sentence) => {
    live.className = `live ${state}`
    live.textContent = sentence
    if (state !== 'lost') return
    live.append(' ')
    const again = document.createElement('a')
    again.href = page
    again.textContent = isLoggedOut ? 'Log in again' : 'Load it again'
    live.append(again)
  }

  const showTitle = () => {
    const verdict = rollout.querySelector('.verdict')
    const said = verdict === null ? '' : `${verdict.textContent} · `
    document.title = isLive || isOver ? `${said}${title}` : `Not live · ${said}${title}`
  }

  const beLive = () => {
    heard = Date.now()
    retryAfter = FIRST_RETRY_MS
    isLoggedOut = false
    if (isLive) return
    isLive = true
    rollout.classList.remove('stale')
    say('on', 'Live.')
    showTitle()
  }

  const beLost = () => {
    if (isOver || isLive === false) return
    // What is shown was so when something was heard last, and nothing is known of what came after that.
    if (isLive) since = new Date(heard)
    isLive = false
    rollout.classList.add('stale')
    sayLost('connection lost')
    showTitle()
  }

  const sayLost = (why) =>
    say(
      'lost',
      `Not live: ${why} since ${since.toISOString().slice(0, 19).replace('T', ' ')} UTC. This page shows the rollout as it was then.`,
    )

  const REFUSALS = {
    401: 'you are logged out',
    404: 'this rollout is not there, or you may not look at it,',
    503: 'the console is just taken over, shows no more pages live, or cannot know what you may see,',
  }

  /** Says why there are no events. A browser that gets none for its answer tells no script which answer that was. */
  const explain = async (own) => {
    const asked = new AbortController()
    try {
      const { status } = await fetch(eventsPath(), {
        headers: { accept: 'text/event-stream' },
        redirect: 'error',
        signal: asked.signal,
      })
      if (own !== source || isLive || isOver || REFUSALS[status] === undefined) return
      isLoggedOut = status === 401
      sayLost(REFUSALS[status])
    } catch {
      // The connection is lost, and the page says so already.
    } finally {
      asked.abort()
    }
  }

  const parse = (html) => {
    const parsed = new DOMParser().parseFromString(html, 'text/html')
    return [...parsed.body.childNodes].map((node) => document.adoptNode(node))
  }

  const FOCUSABLE = 'summary, a, [tabindex]'

  /** Fills a part anew, and keeps what a person has opened, and where the keyboard is. */
  const fill = (part, html) => {
    const opened = [...part.querySelectorAll('details')].map(({ open }) => open)
    const focused = [...part.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement)
    const scrolled = [...part.querySelectorAll('.wide')].map(({ scrollLeft }) => scrollLeft)
    const touched = part.dataset.touched === 'true'
    part.replaceChildren(...parse(html))
    if (touched)
      for (const [index, details] of [...part.querySelectorAll('details')].entries())
        details.open = opened[index] ?? details.open
    for (const [index, wide] of [...part.querySelectorAll('.wide')].entries())
      wide.scrollLeft = scrolled[index] ?? 0
    if (focused >= 0) part.querySelectorAll(FOCUSABLE)[focused]?.focus({ preventScroll: true })
  }

  const partOf = (key) => document.getElementById(`part-${key}`)

  const arrange = (order) => {
    const wanted = new Set(order.map((key) => `part-${key}`))
    for (const part of Array.from(rollout.children)) if (!wanted.has(part.id)) part.remove()
    let before = rollout.firstElementChild
    for (const key of order) {
      let part = partOf(key)
      if (part === null) {
        part = document.createElement('div')
        part.id = `part-${key}`
      }
      if (part === before) before = before.nextElementSibling
      else rollout.insertBefore(part, before)
    }
  }

  const take = (event) => {
    const { parts, order } = JSON.parse(event.data)
    if (order !== undefined) arrange(order)
    for (const [key, html] of parts) {
      const part = partOf(key)
      if (part !== null) fill(part, html)
    }
    place = event.lastEventId
    beLive()
    showTitle()
  }

  const end = () => {
    isOver = true
    isLive = true
    source.close()
    rollout.classList.remove('stale')
    say('', 'This rollout is over; nothing more comes.')
    showTitle()
  }

  const eventsPath = () => `${live.dataset.events}?from=${encodeURIComponent(place)}`

  const connect = () => {
    clearTimeout(retry)
    source?.close()
    const own = new EventSource(eventsPath())
    source = own
    // Events that are still on their way of an earlier connection are not taken.
    const ifOwn = (work) => (event) => own === source && !isOver && work(event)
    own.addEventListener('open', ifOwn(beLive))
    own.addEventListener('beat', ifOwn(beLive))
    own.addEventListener('parts', ifOwn(take))
    own.addEventListener('end', ifOwn(end))
    own.addEventListener(
      'error',
      ifOwn(() => {
        beLost()
        // The browser does not come again by itself where an answer was none of events.
        if (own.readyState === EventSource.CLOSED) void explain(own)
        own.close()
        retry = setTimeout(connect, retryAfter * (0.5 + Math.random()))
        retryAfter = Math.min(LAST_RETRY_MS, retryAfter * 2)
      }),
    )
  }

  const watch = () => {
    if (isOver || Date.now() - heard < SILENT_AFTER_MS) return
    const wasLive = isLive
    beLost()
    if (wasLive) connect()
  }

  rollout.addEventListener('click', ({ target }) => {
    const part = target.closest('summary')?.closest('#rollout > div')
    if (part) part.dataset.touched = 'true'
  })
  setInterval(watch, 5000)
  document.addEventListener('visibilitychange', watch)
  window.addEventListener('offline', beLost)
  window.addEventListener('online', () => isLive || isOver || connect())
  // A page that comes back out of the browser's memory is as old as it is.
  window.addEventListener('pageshow', ({ persisted }) => persisted && location.reload())
  showTitle()
  connect()
})()

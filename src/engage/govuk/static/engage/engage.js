// Everything here saves time; no page needs it to work.

const script = document.querySelector('script[data-govuk-frontend]')
document.body.classList.add('js-enabled')
if ('noModule' in HTMLScriptElement.prototype) document.body.classList.add('govuk-frontend-supported')

import(script.dataset.govukFrontend).then((govuk) => {
  govuk.initAll()
  document.addEventListener('htmx:load', (event) => {
    if (event.target !== document.body) govuk.initAll({ scope: event.target })
  })
  focusFirst()
})

// ---- Focus: on the error summary if there is one (GOV.UK Frontend does that), else where the page asks.

function focusFirst () {
  if (document.querySelector('.govuk-error-summary')) return
  document.querySelector('[data-autofocus]')?.focus()
}

// ---- A file is chosen, or dropped anywhere on its panel, which then says what it is and how large. GOV.UK Frontend's
// own panel puts a button in the control's place whose name differs from what it shows.

document.querySelectorAll('[data-drop-zone]').forEach((panel) => {
  const input = panel.querySelector('input[type=file]')
  const said = panel.querySelector('[role=status]')
  const isOver = (over) => panel.classList.toggle('engage-drop-zone--over', over)
  const tell = () => {
    const [file] = input.files
    said.textContent = file ? `${file.name}, ${sizeWords(file.size)}` : ''
  }
  input.addEventListener('change', tell)
  window.addEventListener('pageshow', tell)
  panel.addEventListener('dragover', (event) => {
    event.preventDefault()
    isOver(true)
  })
  panel.addEventListener('dragleave', (event) => { if (!panel.contains(event.relatedTarget)) isOver(false) })
  panel.addEventListener('drop', (event) => {
    event.preventDefault()
    isOver(false)
    const { files } = event.dataTransfer
    if (files.length !== 1) {
      said.textContent = 'One file at a time, please.'
      return
    }
    input.files = files
    tell()
  })
  // Dropped beside the panel, a file would be opened in the place of the page.
  for (const kind of ['dragover', 'drop']) document.addEventListener(kind, (event) => event.preventDefault())
})

function sizeWords (bytes) {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${bytes} bytes`
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}

// ---- A form is sent once, however often its button is pressed.

document.addEventListener('submit', (event) => {
  const form = event.target
  if (form.method === 'dialog') return
  if (form.dataset.sent) {
    event.preventDefault()
    event.stopImmediatePropagation()
    return
  }
  if (event.defaultPrevented) return
  form.dataset.sent = 'true'
  // An answer that is a download leaves the page standing: let the form be used again.
  setTimeout(() => delete form.dataset.sent, 8000)
}, true)

const freeForms = () => document.querySelectorAll('form[data-sent]').forEach((form) => delete form.dataset.sent)
window.addEventListener('pageshow', freeForms)
document.addEventListener('htmx:afterRequest', freeForms)

// ---- htmx: the CSRF token, and parts of the page that fetch themselves again.

document.addEventListener('htmx:configRequest', (event) => {
  const token = document.querySelector('input[name=csrfmiddlewaretoken]')
  if (token) event.detail.headers['X-CSRFToken'] = token.value
})

const isPolled = (element) => element.closest?.('[data-poll]') && element.hasAttribute('hx-trigger')

document.addEventListener('htmx:beforeRequest', (event) => {
  if (isPolled(event.target) && document.hidden) event.preventDefault()
})
document.addEventListener('visibilitychange', () => {
  if (document.hidden || !window.htmx) return
  document.querySelectorAll('[data-poll] [hx-trigger]').forEach((part) => window.htmx.trigger(part, 'engage:refresh'))
})

// Signed out meanwhile: the answer comes from another address (the sign-in page) and is not the list.
document.addEventListener('htmx:beforeSwap', (event) => {
  if (!isPolled(event.target)) return
  const asked = new URL(event.target.getAttribute('hx-get'), location.href).pathname
  if (new URL(event.detail.xhr.responseURL).pathname === asked) return
  event.detail.shouldSwap = false
  event.detail.isError = true
})

// An old list must not pass for a current one.
const refreshedAt = new WeakMap()
const pageLoadedAt = Date.now()

document.addEventListener('htmx:afterRequest', (event) => {
  const part = event.target
  if (!isPolled(part)) return
  const status = part.closest('[data-poll]').querySelector('[data-poll-status]')
  if (event.detail.successful) {
    refreshedAt.set(part, Date.now())
    status.textContent = ''
    return
  }
  const minutes = Math.floor((Date.now() - (refreshedAt.get(part) ?? pageLoadedAt)) / 60000)
  const old = minutes < 1 ? 'just now' : minutes === 1 ? '1 minute ago' : `${minutes} minutes ago`
  const words = `This list could not be refreshed. It was last right ${old}. Reload the page to see what has changed.`
  if (status.textContent !== words) status.textContent = words
})

// ---- An option that reveals more questions. GOV.UK Frontend's own way sets aria-expanded on a radio button, which
// ARIA does not allow there; the questions follow the option directly, so nothing is lost without it.

function reveal (scope) {
  scope.querySelectorAll('[data-reveals]').forEach((option) => {
    const part = document.getElementById(option.dataset.reveals)
    const kind = option.type === 'radio' ? 'radios' : 'checkboxes'
    part?.classList.toggle(`govuk-${kind}__conditional--hidden`, !option.checked)
  })
}
document.addEventListener('change', (event) => { if (event.target.form) reveal(event.target.form) })
window.addEventListener('pageshow', () => reveal(document))

// ---- Keys. They can be switched off (WCAG 2.1.4); the choice is kept in this browser.

const keysAreOn = () => {
  try { return localStorage.getItem('engage-keys') !== 'off' } catch { return true }
}
const rows = () => [...document.querySelectorAll('[data-key-rows] tbody tr')].filter((row) => row.querySelector('a[href]'))
const opener = (row) => row.querySelector('a[data-open]') ?? row.querySelector('a[href]')

function showKeys () {
  document.querySelectorAll('.engage-key').forEach((key) => key.remove())
  document.querySelectorAll('[aria-keyshortcuts]').forEach((element) => element.removeAttribute('aria-keyshortcuts'))
  if (!keysAreOn()) return
  rows().slice(0, 9).forEach((row, index) => addKey(opener(row), String(index + 1), 'beforebegin'))
  document.querySelectorAll('[data-key]').forEach((element) => addKey(element, element.dataset.key, 'beforeend'))
}

function addKey (element, key, place) {
  const hint = document.createElement('span')
  hint.className = 'engage-key'
  hint.textContent = key
  hint.setAttribute('aria-hidden', 'true')
  element.insertAdjacentElement(place, hint)
  element.setAttribute('aria-keyshortcuts', key)
}

const isTyping = (element) => element.isContentEditable ||
  (element.matches?.('input, textarea, select') && !element.matches('[type=radio], [type=checkbox], [type=submit]'))

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  if (isTyping(event.target) || document.querySelector('dialog[open]') || !keysAreOn()) return
  if (pressed(event.key)) event.preventDefault()
})

function pressed (key) {
  const own = [...document.querySelectorAll('[data-key]')].find((element) => element.dataset.key === key)
  if (own) {
    own.click()
    return true
  }
  if (/^[1-9]$/.test(key)) {
    const row = rows()[Number(key) - 1]
    if (row) {
      opener(row).click()
      return true
    }
  }
  if (key === 'j' || key === 'k') return moveBetweenRows(key === 'j' ? 1 : -1)
  if (key === '/') {
    document.getElementById('site-search')?.focus()
    return true
  }
  if (key === '?') return openKeyHelp()
  return false
}

function moveBetweenRows (step) {
  const all = rows()
  if (!all.length) return false
  const here = all.findIndex((row) => row.contains(document.activeElement))
  const next = here === -1 ? 0 : Math.min(Math.max(here + step, 0), all.length - 1)
  opener(all[next]).focus()
  return true
}

function openKeyHelp () {
  const dialog = document.getElementById('key-help')
  if (!dialog) return false
  const list = dialog.querySelector('[data-key-list]')
  list.querySelectorAll('[data-of-this-page]').forEach((line) => line.remove())
  const first = list.firstElementChild
  document.querySelectorAll('[data-key]').forEach((element) => {
    const line = document.createElement('div')
    line.dataset.ofThisPage = ''
    const term = document.createElement('dt')
    const key = document.createElement('kbd')
    key.textContent = element.dataset.key
    term.append(key)
    const meaning = document.createElement('dd')
    meaning.textContent = [...element.childNodes].filter((node) => !node.classList?.contains('engage-key'))
      .map((node) => node.textContent).join('').trim()
    line.append(term, meaning)
    list.insertBefore(line, first)
  })
  dialog.querySelector('[data-use-keys]').checked = keysAreOn()
  dialog.showModal()
  return true
}

document.querySelectorAll('[data-open-key-help]').forEach((button) => {
  button.hidden = false
  button.addEventListener('click', openKeyHelp)
})
document.querySelectorAll('[data-use-keys]').forEach((box) => box.addEventListener('change', () => {
  try { localStorage.setItem('engage-keys', box.checked ? 'on' : 'off') } catch { box.checked = true }
  showKeys()
}))

// ---- A table that fits needs no stop of its own on the way through the page by Tab key.

function spareTabStops () {
  document.querySelectorAll('.engage-scroll').forEach((region) => {
    if (region.scrollWidth > region.clientWidth) region.setAttribute('tabindex', '0')
    else region.removeAttribute('tabindex')
  })
}

const arrange = () => { reveal(document); showKeys(); spareTabStops() }
arrange()
window.addEventListener('resize', spareTabStops)
document.addEventListener('htmx:afterSettle', arrange)

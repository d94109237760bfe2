// A session ends when nobody uses it. Two minutes before, the page asks whether somebody is still there; once it has
// ended, the page covers what it shows and keeps what was typed where it is: in the fields, and nowhere else. When the
// same person has signed in again, it opens, and the forms can be sent.

const dialog = document.getElementById('staying')
const part = (name) => dialog.querySelector(`[data-staying=${name}]`)
const saying = dialog.querySelector('[data-staying-said]')
const IDLE = Number(dialog.dataset.idleSeconds) * 1000
const WARNING = 2 * 60 * 1000
const CONTACT = 60 * 1000
const TICK = 5 * 1000

let usedAt = Date.now() // the page has just been asked for
let isOut = false
const otherTabs = 'BroadcastChannel' in window ? new BroadcastChannel('engage-used') : null

const token = () => document.querySelector('input[name=csrfmiddlewaretoken]').value
const ask = (address, options = {}) => fetch(address, { redirect: 'manual', cache: 'no-store', ...options })

function used (tell = true) {
  usedAt = Date.now()
  if (tell) otherTabs?.postMessage(dialog.dataset.who)
  if (!isOut && dialog.open) dialog.close()
}

async function stay () {
  try {
    const answer = await ask('/access/signed-in/stay/', { method: 'POST', headers: { 'X-CSRFToken': token() } })
    if (answer.status === 200) used()
    else signedOut()
  } catch {
    // No network: the clock goes on, and the page asks again or says so in time.
  }
}

function warn (left) {
  const minutes = Math.ceil(left / 60000)
  const words = `You are signed out in ${minutes <= 1 ? 'less than a minute' : `${minutes} minutes`}.`
  const said = dialog.querySelector('[data-staying-left]')
  if (said.textContent !== words) said.textContent = words
  if (dialog.open) return
  document.querySelectorAll('dialog[open]').forEach((other) => other.close())
  dialog.showModal()
  dialog.querySelector('[data-stay]').focus()
}

function signedOut () {
  if (isOut) return
  isOut = true
  dialog.classList.add('engage-dialog--covers')
  dialog.querySelector('[data-staying-title]').textContent = 'You are signed out'
  part('soon').hidden = true
  part('out').hidden = false
  if (!dialog.open) dialog.showModal()
  part('out').querySelector('a').focus()
}

async function lookAgain () {
  try {
    const answer = await ask('/access/signed-in/who/', { headers: { 'X-Engage-Poll': '1' } })
    if (answer.status !== 200) {
      saying.textContent = 'You are not signed in yet.'
      return
    }
    const now = new DOMParser().parseFromString(await answer.text(), 'text/html')
    if (now.querySelector('[data-who]')?.dataset.who !== dialog.dataset.who) {
      saying.textContent = 'Somebody else is signed in now. This page was not theirs: close it.'
      return
    }
    // Signing in changed the token that every form must carry.
    const fresh = now.querySelector('input[name=csrfmiddlewaretoken]').value
    document.querySelectorAll('input[name=csrfmiddlewaretoken]').forEach((field) => { field.value = fresh })
    isOut = false
    dialog.classList.remove('engage-dialog--covers')
    dialog.querySelector('[data-staying-title]').textContent = 'Are you still there?'
    part('soon').hidden = false
    part('out').hidden = true
    saying.textContent = ''
    used(false)
  } catch {
    saying.textContent = 'Engage cannot be reached. Try again in a moment.'
  }
}

function tick () {
  if (isOut) return
  const left = IDLE - (Date.now() - usedAt)
  if (left <= 0) signedOut()
  else if (left <= WARNING) warn(left)
}

dialog.querySelector('[data-stay]').addEventListener('click', stay)
dialog.querySelector('[data-look-again]').addEventListener('click', lookAgain)
dialog.addEventListener('cancel', (event) => {
  event.preventDefault()
  if (!isOut) stay()
})
// A browser lets Escape close a dialog that nobody clicked before, whatever is said to `cancel`: what is covered stays so.
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && isOut) event.preventDefault()
}, true)
dialog.addEventListener('close', () => {
  if (!isOut) return
  dialog.showModal()
  part('out').querySelector('a').focus()
})
// Who is typing is there, although the server hears nothing of it.
document.addEventListener('input', () => { if (!isOut && Date.now() - usedAt > CONTACT) stay() })
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return
  tick()
  if (isOut) lookAgain()
})
otherTabs?.addEventListener('message', (event) => {
  if (isOut) lookAgain()
  else if (event.data === dialog.dataset.who) used(false)
})
used()
setInterval(tick, TICK)

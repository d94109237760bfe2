// Ties the buttons of a page to the sign-in library's script, whose own way needs script in the page.

const calledBy = { loginForm: 'login', authenticateForm: 'authenticate', addForm: 'add' }

document.querySelectorAll('[data-passkey]').forEach((button) => {
  const { passkey, credential, passwordless, options } = button.dataset
  window.allauth.webauthn.forms[passkey]({
    ids: { [calledBy[passkey]]: button.id, credential, passwordless, data: options }
  })
})

// The browser's own window has closed by the time something has gone wrong, so it is said on the page.
document.addEventListener('allauth.error', (event) => {
  event.preventDefault()
  const said = document.querySelector('[data-passkey-problem]')
  said.textContent = event.detail.exception?.name === 'SecurityError'
    ? 'Passkeys work at Engage’s own secure address alone. Check the address, or sign in another way.'
    : 'The passkey was not used: it was cancelled, took too long, or this device has none for Engage. Try again, or sign in another way.'
  said.hidden = false
})

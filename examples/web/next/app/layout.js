export const metadata = { title: 'What is on this picture?' }

const style = { font: '1.1rem/1.5 system-ui', maxWidth: '30rem', margin: '3rem auto', colorScheme: 'light dark' }

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body style={style}>{children}</body>
    </html>
  )
}

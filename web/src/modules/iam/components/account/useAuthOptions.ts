import { useRequest } from '@/core/http/useRequest'
import { options } from '../../api/account'

/** What this site offers to strangers; asked anew by each page, since an administrator may switch it. */
export function useAuthOptions() {
  const request = useRequest(options)
  void request.load()
  return request
}
